"""Where the Chromium of this machine is, and whether it runs."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from tests import patience

INSTALLED = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


class NotAvailable(Exception):
    """A server or a browser that the tests need is missing or does not start. Says why."""


def chromium() -> str:
    """Return the path of a Chromium: `CHROMIUM`, the system's, else playwright's own install.

    The headless shell comes first: it draws no window around each page, and takes half the work.
    """
    for name in filter(None, (os.environ.get("CHROMIUM", ""), *INSTALLED)):
        if found := shutil.which(name):
            return found
    with suppress(ImportError):
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            own = playwright.chromium.executable_path
        if Path(own).exists():
            return own
    raise NotAvailable("Chromium is missing: install the package chromium, or set CHROMIUM.")


def chromium_runs() -> str:
    """Start Chromium once without a window and return its path."""
    path = chromium()
    command = [path, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"]
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        try:
            done = subprocess.run(
                [*command, f"--user-data-dir={profile}"],
                capture_output=True,
                text=True,
                timeout=patience.SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotAvailable(f"Chromium at {path} does not run: {error}") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise NotAvailable(f"Chromium at {path} does not run: {last}")
    return path
