"""The environment of the peers and of the profiler, `.venv-bench`.

python -m tests.bench.saga.peers      make the environment, if it is not there
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOCK = ROOT / "requirements" / "bench.txt"
HOME = ROOT / ".venv-bench"
BIN = HOME / "env" / "bin"


def environment() -> Path:
    """The folder of its programs; it is made anew when it does not hold exactly the locked."""
    HOME.mkdir(exist_ok=True)
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    mark = HOME / "installed"
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != wanted:
            mark.unlink(missing_ok=True)
            pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME / "env")], check=True)
            subprocess.run([str(BIN / "python"), *pip, "-r", str(LOCK)], check=True)
            mark.write_text(wanted)
    return BIN


if __name__ == "__main__":
    environment()
