"""The project as it is, with a payment provider that answers at once.

The shop's mails are left out: nobody else here writes any. Events go to their Redis stream.
"""

from __future__ import annotations

import importlib
import os

os.environ.setdefault("SECRET_KEY", "only-for-measuring-" + "x" * 40)
os.environ.setdefault("LOG_LEVEL", "WARNING")
globals().update(
    {
        name: value
        for name, value in vars(importlib.import_module("project.settings")).items()
        if name.isupper()
    }
)
_checkout: dict[str, object] = globals()["CHECKOUT"]
_ports: object = _checkout["PORTS"]
assert isinstance(_ports, dict)
CHECKOUT = {
    **_checkout,
    "PORTS": {**_ports, "payments": "tests.bench.saga.instant.InstantPayments"},
    "EVENT_CONSUMERS": [],
}
