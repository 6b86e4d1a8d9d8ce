"""No process starts on settings that are not safe: it says why and exits with 1.

Which settings are not safe is tested one by one in tests/production.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import patience

ROOT = Path(__file__).resolve().parents[2]
SERVER = ["-m", "project.server", "-p", "0", "project.asgi:application"]
WORKER = ["manage.py", "run_huey"]
DEMO = ["manage.py", "demo"]
MISSPELT = "from project.settings import *\nCHECKOUT = {**CHECKOUT, 'PAYMENT_WINDOWS': 60}\n"


def start(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a process of the product with these settings; it is expected to end by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    own = {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DATA_DIR": str(folder),
        "REDIS_URL": "",
        "PYTHONPATH": f"{folder}:{ROOT}",
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, **own, **environment},
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
        check=False,
    )


@pytest.mark.parametrize("command", [SERVER, WORKER, DEMO], ids=["server", "worker", "demo"])
def test_a_misspelt_setting_stops_every_process(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "misspelt.py").write_text(MISSPELT)
    done = start(command, tmp_path, DJANGO_SETTINGS_MODULE="misspelt")
    assert done.returncode == 1
    assert "(checkout.E005)" in done.stderr
    assert "'PAYMENT_WINDOWS', which nothing reads. Is 'PAYMENT_WINDOW' meant?" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_server_says_in_one_sentence_that_the_secret_is_missing(tmp_path: Path) -> None:
    done = start(SERVER, tmp_path, REDIS_URL="redis://127.0.0.1:1/0", SECRET_KEY="")
    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY is not set.")
    assert "Traceback" not in done.stderr
