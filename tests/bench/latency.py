"""How long a whole checkout takes in the embedded form, apart from the shopper's own time.

    python -m tests.bench.latency [--checkouts 30] [--json]

Starts a private `manage.py demo`, buys one thing after another through the API, and watches each
checkout on its WebSocket. Two spans are added: from "Place order" until the shopper can pay, and
from the click on the provider's page until the completed frame is there. Prints milliseconds.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time

import httpx2
from websockets.sync.client import ClientConnection, connect

from tests.e2e.api import Shopper
from tests.e2e.stack import Stack

STATE = re.compile(r'data-state="(\w+)"')
WARM_UP = 3
PATIENCE_SECONDS = 20.0


def until(socket: ClientConnection, wanted: str) -> None:
    """Read frames until one shows the wanted state. Raises TimeoutError."""
    while True:
        frame = str(socket.recv(timeout=PATIENCE_SECONDS))
        found = STATE.search(frame)
        if found and found.group(1) == wanted:
            return


def one_checkout(site: str, sku: str) -> tuple[float, float]:
    """Buy one thing; both spans in milliseconds."""
    shopper = Shopper(site)
    cart = shopper.cart({sku: 1})
    began = time.perf_counter()
    started = shopper.place_order(cart)
    address = started["links"]["socket"]
    with connect(address, additional_headers=shopper.authorization) as socket:
        until(socket, "awaiting_payment")
        payable = time.perf_counter()
        url = shopper.look()["payment"]["action"]["url"]
        clicked = time.perf_counter()
        shopper.http.post(url, data={"outcome": "approve"})
        until(socket, "completed")
        done = time.perf_counter()
    return (payable - began) * 1000, (done - clicked) * 1000


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(checkouts: int) -> dict[str, float]:
    """Run them and sum up, in milliseconds."""
    with Stack() as stack:
        products = httpx2.get(f"{stack.url}/api/v1/products").json()
        sku = max(products, key=lambda product: product["available"])["sku"]
        spans = [one_checkout(stack.url, sku) for _ in range(checkouts + WARM_UP)][WARM_UP:]
    whole = [payable + paid for payable, paid in spans]
    return {
        "checkouts": checkouts,
        "until_payable_p50_ms": round(statistics.median(s[0] for s in spans), 1),
        "until_completed_p50_ms": round(statistics.median(s[1] for s in spans), 1),
        "whole_p50_ms": round(statistics.median(whole), 1),
        "whole_p99_ms": round(percentile(whole, 0.99), 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--checkouts", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = measure(arguments.checkouts)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:26} {value}")


if __name__ == "__main__":
    main()
