"""The neighbours' ledgers against ours: what each checkout must have, or have left behind, there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from checkout.adapters.inbound.cli.findings import Finding
from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.application.use_cases import settle_money
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState

Rows = list[dict[str, Any]]
Judge = Callable[[Checkout, Rows, datetime], Iterator[str]]
COMPLETED, ABORTED = CheckoutState.COMPLETED, CheckoutState.ABORTED
HOLDING = (CheckoutState.INVENTORY_RESERVED, CheckoutState.AWAITING_PAYMENT)
SELLING = (*HOLDING, CheckoutState.PAYMENT_CONFIRMED)
PARTS = ("lines", "discounts", "charges", "buyer", "delivery")
AMOUNTS = ("captured", "refunded", "refund_failed", "voided")


def compare(name: str, dossier: Dossier, rows: Rows) -> list[Finding]:
    """Findings about one checkout in one ledger. Raises KeyError for rows that lack something."""
    if dossier.checkout is None:
        return []
    said = [*JUDGES[name](dossier.checkout, rows, dossier.now), *_unheard(dossier.checkout, rows)]
    return [Finding(name, text, str(dossier.id)) for text in said]


def _unheard(checkout: Checkout, rows: Rows) -> Iterator[str]:
    """S8: what a neighbour has done for us, we have intended before."""
    keys = {effect.key for effect in checkout.effects.values()}
    for row in rows:
        if row.get("key", "") and row["key"] not in keys:
            yield f"{row['key']} is there, and we have never asked for it."


def _orders(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """S3: completed, exactly one live order, equal to the snapshot; aborted, none."""
    live = [row for row in rows if row["status"] == "placed"]
    wanted = int(checkout.state == COMPLETED)
    if checkout.state.is_final and len(live) != wanted:
        yield f"{checkout.state}, but the shop has {len(live)} live orders."
        return
    if live and not any(checkout.standing("orders.place")):
        yield f"{checkout.state}, but the shop has {len(live)} live orders that nobody asked for."
        return
    for row in live:
        yield from _order(checkout, row)


def _order(checkout: Checkout, row: dict[str, Any]) -> Iterator[str]:
    if (row["total"], row["currency"]) != (checkout.total, checkout.frozen.currency):
        mine = f"{checkout.total} {checkout.frozen.currency}"
        yield f"the order says {row['total']} {row['currency']}, the frozen cart {mine}."
    if row["digest"] != checkout.frozen.digest:
        yield "the order was made from another cart than the frozen one."
    if checkout.order and row["number"] != checkout.order:
        yield f"the shop's order is {row['number']}, ours says {checkout.order!r}."
    if row.get("payment", checkout.payment.reference) != checkout.payment.reference:
        yield f"the order names the payment {row['payment']}, ours is {checkout.payment.reference}."
    frozen = checkout.frozen.to_json()
    for part in PARTS:
        if part in row and row[part] != frozen[part]:
            yield f"the {part} of the order are not those of the frozen cart."


def _carts(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """The cart is the shopper's again if and only if nothing was bought."""
    closed = [row for row in rows if row["status"] == "closed"]
    if checkout.state == ABORTED and closed:
        yield "aborted, but the cart is closed."
    if checkout.state in (COMPLETED, *SELLING) and len(closed) != 1:
        yield f"{checkout.state}, but the cart is open."


def _reservations(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """S2: completed, committed once with the frozen quantities; aborted, nothing held or taken."""
    held = [row for row in rows if row["status"] == "held"]
    taken = [row for row in rows if row["status"] == "committed"]
    if checkout.state.is_final and any(_lives(row, now) for row in held):
        yield f"{checkout.state}, but {len(held)} reservations still hold stock."
    if checkout.state == ABORTED and taken:
        yield f"aborted, but {len(taken)} reservations have taken stock."
    if checkout.state == COMPLETED and len(taken) != 1:
        yield f"completed, but {len(taken)} reservations have taken stock."
    elif checkout.state in HOLDING and (len(held), len(taken)) != (1, 0):
        yield f"{checkout.state}, but {len(held)} reservations hold stock, {len(taken)} took some."
    elif checkout.state in SELLING and len(held) + len(taken) != 1:
        yield f"{checkout.state}, but {len(held) + len(taken)} reservations are there."
    elif checkout.state in (COMPLETED, *SELLING):
        yield from _units(checkout, (held + taken)[0])


def _units(checkout: Checkout, row: dict[str, Any]) -> Iterator[str]:
    wanted: Counter[str] = Counter()
    for line in checkout.frozen.lines:
        wanted[line.sku] += line.quantity
    if dict(wanted) != dict(row["units"]):
        yield f"held or taken are {row['units']}, ordered {dict(wanted)}."
    ends, until = row["expires_at"], checkout.held_until
    if row["status"] == "held" and ends is not None and until is not None and ends < until:
        yield f"the hold ends at {ends.isoformat()}, ours says {until.isoformat()}."


def _lives(row: dict[str, Any], now: datetime) -> bool:
    until = row["expires_at"]
    return until is None or until > now


def _coupons(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """S5: completed, each code spent once; aborted, none claimed or spent; before, claimed."""
    claimed = [row for row in rows if row["status"] == "claimed"]
    spent = [row for row in rows if row["status"] == "redeemed"]
    if checkout.state == ABORTED and (claimed or spent):
        yield "aborted, but its coupons are not free again."
    redeem = checkout.effect("coupons.redeem")
    if redeem is not None and redeem.outcome == Outcome.REFUSED:
        return  # the order stands without it, and staff was told
    if checkout.state == COMPLETED and claimed:
        yield "completed, but its coupons are only claimed."
    if checkout.state in (COMPLETED, *SELLING):
        counted = spent if checkout.state == COMPLETED else spent + claimed
        codes = sorted(code for row in counted for code in row["codes"])
        if codes != sorted(checkout.frozen.coupons):
            yield f"used are {codes}, in the frozen cart are {sorted(checkout.frozen.coupons)}."


def _payments(checkout: Checkout, rows: Rows, now: datetime) -> Iterator[str]:
    """S4: after the end, the provider's books are ours, payment by payment, and in sum."""
    if not checkout.state.is_final or settle_money.unsettled(checkout):
        return
    ours = {effect.key: effect.generation for effect in checkout.named("payments.initiate")}
    for row in rows:
        attempt = checkout.payments.get(ours.get(row["key"], 0))
        if attempt is None:
            yield f"the provider has a payment {row['key']}, which we do not know."
            continue
        facts = attempt.facts.to_json()
        for name in AMOUNTS:
            if row[name] != facts[name]:
                yield f"{row['key']}: {name} {row[name]} at the provider, {facts[name]} here."
    missing = set(ours) - {row["key"] for row in rows}
    for key in sorted(missing):
        if ours[key] in checkout.payments:
            yield f"the provider does not know the payment {key}."
    kept = sum(row["captured"] - row["refunded"] + row["refund_failed"] for row in rows)
    if kept != checkout.due:
        yield f"the provider says that {kept} are kept, due are {checkout.due} minor units."


JUDGES: dict[str, Judge] = {
    "orders": _orders,
    "carts": _carts,
    "reservations": _reservations,
    "coupons": _coupons,
    "payments": _payments,
}
