"""The shop's ledgers against ours: what a final checkout must have left behind at the neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from checkout.adapters.inbound.cli.findings import Finding
from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState

Rows = list[dict[str, Any]]


def compare(name: str, dossier: Dossier, rows: Rows) -> list[Finding]:
    """Findings about one final checkout in one ledger: orders, reservations or coupons."""
    if dossier.checkout is None:
        return []
    said = JUDGES[name](dossier.checkout, rows, dossier.now)
    return [Finding(name, text, str(dossier.id)) for text in said]


def _orders(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """S3: completed, exactly one live order, equal to the snapshot; aborted, none."""
    live = [row for row in rows if row["status"] == "placed"]
    wanted = int(checkout.state == CheckoutState.COMPLETED)
    if len(live) != wanted:
        yield f"{checkout.state}, but the shop has {len(live)} live orders."
        return
    for row in live:
        if (row["total"], row["currency"]) != (checkout.total, checkout.frozen.currency):
            mine = f"{checkout.total} {checkout.frozen.currency}"
            yield f"the order says {row['total']} {row['currency']}, the frozen cart {mine}."
        if row["digest"] != checkout.frozen.digest:
            yield "the order was made from another cart than the frozen one."
        if row["number"] != checkout.order:
            yield f"the shop's order is {row['number']}, ours says {checkout.order!r}."


def _reservations(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """S2: completed, committed once with the frozen quantities; aborted, nothing held or taken."""
    held = [row for row in rows if row["status"] == "held" and _lives(row, now)]
    taken = [row for row in rows if row["status"] == "committed"]
    if held:
        yield f"{checkout.state}, but {len(held)} reservations still hold stock."
    if checkout.state == CheckoutState.ABORTED:
        if taken:
            yield f"aborted, but {len(taken)} reservations have taken stock."
        return
    if len(taken) != 1:
        yield f"completed, but {len(taken)} reservations have taken stock."
        return
    wanted: Counter[str] = Counter()
    for line in checkout.frozen.lines:
        wanted[line.sku] += line.quantity
    if dict(wanted) != dict(taken[0]["units"]):
        yield f"taken are {taken[0]['units']}, ordered {dict(wanted)}."


def _lives(row: dict[str, Any], now: datetime) -> bool:
    until = row["expires_at"]
    return until is None or until > now


def _coupons(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """S5: completed, each code spent once; aborted, none claimed or spent."""
    claimed = [row for row in rows if row["status"] == "claimed"]
    spent = [row for row in rows if row["status"] == "redeemed"]
    if checkout.state == CheckoutState.ABORTED:
        if claimed or spent:
            yield "aborted, but its coupons are not free again."
        return
    redeem = checkout.effect("coupons.redeem")
    if redeem is not None and redeem.outcome == Outcome.REFUSED:
        return  # the order stands without it, and staff was told
    if claimed:
        yield "completed, but its coupons are only claimed."
    codes = sorted(code for row in spent for code in row["codes"])
    if codes != sorted(checkout.frozen.coupons):
        yield f"spent are {codes}, in the frozen cart are {sorted(checkout.frozen.coupons)}."


JUDGES: dict[str, Callable[[Checkout, Rows, datetime], Iterator[str]]] = {
    "orders": _orders,
    "reservations": _reservations,
    "coupons": _coupons,
}
