"""The emulator `localstripe`: a test tool in an environment of its own, `.venv-stripe`.

python -m tests.adapters.stripe.emulator      make the environment, if it is not there
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOCK = ROOT / "requirements" / "stripe-emulator.txt"
HOME = ROOT / ".venv-stripe"
PYTHON = HOME / "env" / "bin" / "python"
SERVE = Path(__file__).with_name("serve_emulator.py")


def environment() -> Path:
    """The emulator's Python; its environment is made when it does not hold exactly the locked."""
    HOME.mkdir(exist_ok=True)
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    mark = HOME / "installed"
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        if not mark.exists() or mark.read_text() != wanted:
            mark.unlink(missing_ok=True)
            pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            _run([sys.executable, "-m", "venv", "--clear", str(HOME / "env")])
            _run([*pip, "--require-hashes", "-r", str(LOCK)])
            mark.write_text(wanted)
    return PYTHON


@contextmanager
def emulator() -> Iterator[str]:
    """The address of an emulator that runs for the length of the block."""
    process = subprocess.Popen(
        [str(environment()), str(SERVE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "the emulator of Stripe does not start"
        yield f"http://127.0.0.1:{port}"
        process.stdin.close()
        process.stdin = None


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"The emulator of Stripe cannot be installed:\n{done.stderr}")


if __name__ == "__main__":
    environment()
