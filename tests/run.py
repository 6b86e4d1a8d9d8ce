"""The whole test suite with one command, on a machine that may have nothing but Python 3.11+.

    python3 tests/run.py [arguments for pytest]

Makes its own environment in `.venv-test`, installs the locked requirements, and as root on Debian
the servers and the browser that are missing. Then runs the tests twice, side by side: on SQLite in
the embedded form, and on PostgreSQL with Redis, both private to the run; what is the same on both,
such as a page, runs once. The last line counts all.
"""

from __future__ import annotations  # so that an older Python gets as far as the line that says no

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-test"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements" / "dev.txt"
DEBIAN = {  # what we look for, and the package that brings it
    "/usr/lib/postgresql/*/bin/initdb": "postgresql",
    "/usr/bin/redis-server": "redis-server",
    "/usr/sbin/haproxy": "haproxy",
}
# The headless shell draws no window around each page: half the work of the whole Chromium.
BROWSERS = ("chromium-headless-shell", "chromium")
LIMIT_SECONDS = 60 * 60  # a hang must end; busy cores need several times as long as free ones
COUNTED = ("passed", "failed", "skipped")


class Part(NamedTuple):
    """A part of the suite: the database that it runs on, which tests, in how many processes."""

    database: str
    marks: str
    processes: int


# Three at a time, the next when one is over: who drives processes waits for them, and meanwhile the
# others have the cores. What is only about pages, and what else is the same on both databases, runs
# on one of them.
SIDE_BY_SIDE = 3
PARTS = (
    Part("PostgreSQL", "(e2e or chaos) and not accessibility and not pages", 1),
    Part("SQLite", "e2e or chaos", 1),
    Part("PostgreSQL", "not e2e and not chaos and not architecture and not once", 2),
    Part("SQLite", "not e2e and not chaos", 2),
)


def say(line: str) -> None:
    """Print a line of our own, at once."""
    print(f"== {line}", flush=True)


def quietly(command: list[str], **environment: str) -> bool:
    """Run a command, print what it says only if it fails; tell whether it went well."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout, flush=True)
    return done.returncode == 0


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages; tell whether it went well."""
    say(f"installing {', '.join(packages)}")
    options = ["-y", "-qq", "--no-install-recommends"]
    return quietly(["apt-get", "update", "-qq"]) and quietly(
        ["apt-get", "install", *options, *packages], DEBIAN_FRONTEND="noninteractive"
    )


def may_install() -> bool:
    """Tell whether this is Debian and we are root."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def make_environment() -> None:
    """Make `.venv-test` and install the locked requirements, unless it holds exactly these."""
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    mark = VENV / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    say("installing the locked requirements into .venv-test")
    shutil.rmtree(VENV, ignore_errors=True)
    make = [sys.executable, "-m", "venv", str(VENV)]
    if not has_venv() and may_install():
        apt_install(["python3-venv"])
    if not quietly(make):
        raise SystemExit("python3 -m venv does not work here: install the package python3-venv.")
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if not quietly([*pip, "--require-hashes", "-r", str(LOCK)]):
        raise SystemExit("The requirements could not be installed: pip says why above.")
    mark.write_text(wanted)


def make_emulators_environment() -> None:
    """Make the environment of the emulator of Stripe, unless it is there."""
    if not quietly([str(PYTHON), "-m", "tests.adapters.stripe.emulator"]):
        raise SystemExit("The emulator of Stripe could not be installed: pip says why above.")


def has_venv() -> bool:
    """Tell whether this Python can make an environment with pip in it (Debian splits that off)."""
    command = [sys.executable, "-c", "import venv, ensurepip"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def get_servers_and_browser() -> None:
    """Install what is missing where we may; stop with one line for what is missing still."""
    missing = [
        package
        for pattern, package in DEBIAN.items()
        if not shutil.which(Path(pattern).name) and not list(Path("/").glob(pattern[1:]))
    ]
    if missing and may_install():
        apt_install(missing)
    has_one = get_browser()
    check = [str(PYTHON), "-m", "tests.services", "check"]
    if subprocess.run(check, cwd=ROOT, capture_output=True, check=False).returncode == 0:
        return
    if not has_one:
        install_own_chromium()
    if subprocess.run(check, cwd=ROOT, check=False).returncode != 0:
        raise SystemExit(1)


def get_browser() -> bool:
    """Install the first browser that this machine can have; tell whether it has one."""
    for name in BROWSERS:
        if shutil.which(os.environ.get("CHROMIUM") or name):
            return True
        if may_install() and apt_install([name, "fonts-liberation"]):
            return True
    return False


def install_own_chromium() -> None:
    """Let playwright bring its own browser, where it can; the check after it tells if it did."""
    command = [str(PYTHON), "-m", "playwright", "install", "chromium"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, capture_output=True, timeout=300, check=False)


def pytest(part: Part, arguments: list[str], until: float) -> dict[str, int]:
    """Run one part of the suite, print what it said when it is over, and return its counts."""
    command = [str(PYTHON), "-m", "pytest", "-q", "-m", part.marks]
    if part.processes > 1:
        # In their own order: else the files with few tests, which take long, come at the end.
        command += ["-n", str(part.processes), "--dist", "loadfile", "--no-loadscope-reorder"]
    if part.database != "SQLite":
        command = [str(PYTHON), "-m", "tests.services", "run", "--", *command]
    if part.processes > 1:
        command = ["nice", *command]  # who drives a browser goes first: there a clock runs
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        report, log = Path(folder) / "report.xml", Path(folder) / "log"
        command += [f"--junitxml={report}", *arguments]
        began = time.monotonic()
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
            try:
                code = process.wait(max(1.0, until - began))
            except subprocess.TimeoutExpired:
                process.terminate()
                code = process.wait()
        text = f"{log.read_text(errors='replace')}== {part.database}: {part.marks}"
        print(f"{text}: {time.monotonic() - began:.0f} s", flush=True)
        return counts(report, code)


def counts(report: Path, code: int) -> dict[str, int]:
    """Read pytest's report; a run that ended badly without a failed test counts as one failure."""
    total = dict.fromkeys(COUNTED, 0)
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            total["failed"] += failed
            total["skipped"] += skipped
            total["passed"] += max(0, tests - failed - skipped)
    if code not in (0, 5) and not total["failed"]:  # 5: this part holds none of the tests asked for
        total["failed"] = 1
    return total


def main(arguments: list[str]) -> int:
    """Prepare, run everything, print the sum; return 0 when all passed."""
    os.chdir(ROOT)
    # Hundreds of processes are started: each of them would compile the whole product again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    make_environment()
    make_emulators_environment()
    get_servers_and_browser()
    until = time.monotonic() + LIMIT_SECONDS
    say("running; what each of the four parts says is printed when that part is over")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        sums = list(pool.map(lambda part: pytest(part, arguments, until), PARTS))
    total = {key: sum(part[key] for part in sums) for key in COUNTED}
    if time.monotonic() > until:
        say(f"stopped: the whole run may take {LIMIT_SECONDS // 60} minutes")
        total["failed"] += 1
    if total["skipped"]:
        say(
            f"{total['skipped']} skipped; what does not run proves nothing, so they count as failed"
        )
    failed = total["failed"] + total["skipped"]
    print(f"{total['passed']} passed, {failed} failed", flush=True)
    return 0 if total["passed"] and not failed else 1


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        raise SystemExit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    raise SystemExit(main(sys.argv[1:]))
