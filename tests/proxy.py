"""Where the proxy of this machine is. Debian keeps it where only root looks."""

from __future__ import annotations

import os
import shutil

from tests.browser import NotAvailable

SYSTEM = "/usr/sbin/haproxy"


def haproxy() -> str:
    """Return the path of HAProxy: `HAPROXY`, else the system's."""
    for name in filter(None, (os.environ.get("HAPROXY", ""), "haproxy", SYSTEM)):
        if found := shutil.which(name):
            return found
    raise NotAvailable("HAProxy is missing: install the package haproxy, or set HAPROXY.")
