"""The project's settings for a test run: its own files, and private servers if it was given some.

`python -m tests.services run` names the servers; without it the run is embedded on SQLite. What the
environment says about other databases is not used: a test must never reach one that matters.
Each pytest-xdist worker has its own files, its own database and its own Redis database.
"""

import atexit
import importlib
import os
import shutil
import tempfile
from pathlib import Path

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1", … or nothing
_number = int(WORKER.removeprefix("gw")) + 1 if WORKER else 0
if "CHECKOUT_TEST_DIR" not in os.environ:  # the workers get it from the process that starts them
    os.environ["CHECKOUT_TEST_DIR"] = tempfile.mkdtemp(prefix="checkout-tests-")
    atexit.register(shutil.rmtree, os.environ["CHECKOUT_TEST_DIR"], ignore_errors=True)
_folder = Path(os.environ["CHECKOUT_TEST_DIR"]) / (WORKER or "main")
_folder.mkdir(exist_ok=True)

os.environ["DATA_DIR"] = str(_folder)
os.environ["DATABASE_URL"] = os.environ.get(
    "CHECKOUT_TEST_DATABASE", f"sqlite:///{_folder / 'unused.sqlite3'}"
)
os.environ.pop("REDIS_URL", None)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("DATABASE_TIMEOUT_MS", "10000")  # a busy machine may be slow to make a table
if os.environ.get("CHECKOUT_TEST_REDIS"):
    os.environ["REDIS_URL"] = f"{os.environ['CHECKOUT_TEST_REDIS']}/{_number}"

globals().update(
    {
        name: value
        for name, value in vars(importlib.import_module("project.settings")).items()
        if name.isupper()
    }
)

_default: dict[str, object] = globals()["DATABASES"]["default"]
if "sqlite" in str(_default["ENGINE"]):
    # A file, since threads of one test must see the same database through their own connections.
    _default["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are looked for when they are asked for, instead of all of them for every test client.
WHITENOISE_AUTOREFRESH = True
