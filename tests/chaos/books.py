"""The books of everybody, read with plain SQL past the product: ours, the shop's, the provider's."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.e2e.ledgers import Ledgers


@dataclass
class Session:
    """Our row."""

    id: str
    state: str
    total: int
    currency: str
    units: Counter[str]
    lines: list[tuple[str, int, int, int]]  # sku, quantity, unit price, total
    coupons: list[str]
    digest: str
    failure: str
    attention: str
    deadline_at: datetime | None
    order: str


@dataclass
class Order:
    """A row of the order book, with its lines."""

    owner: str
    number: str
    status: str
    total: int
    currency: str
    digest: str
    lines: list[tuple[str, int, int, int]] = field(default_factory=list)


@dataclass
class Payment:
    """A payment at the provider. `happened` are the times of its events by type."""

    id: str
    owner: str
    amount: int
    currency: str
    authorised: int
    captured: int
    voided: int
    returned: int
    refund_open: int
    happened: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Books:
    """Everything that is compared. Reservations and claims are (owner, status, things)."""

    sessions: dict[str, Session]
    orders: list[Order]
    on_hand: dict[str, int]
    reservations: list[tuple[str, str, Counter[str]]]
    limits: dict[str, int | None]
    claims: list[tuple[str, str, list[str]]]
    payments: list[Payment]
    ends: dict[str, list[str]]
    unsent: list[str]
    unapplied: list[str]
    aborts: set[str]


def read(ledgers: Ledgers) -> Books:
    """Read all of it; nobody should be writing any more."""
    rows = ledgers.rows
    sent = rows("SELECT checkout_id, name, sent_at FROM checkout_checkoutoutbox ORDER BY sequence")
    ends: dict[str, list[str]] = defaultdict(list)
    for owner, name, _ in sent:
        if name in ("checkout_completed", "checkout_aborted"):
            ends[_id(owner)].append(name)
    inbox = rows("SELECT checkout_id, kind, outcome, applied_at FROM checkout_checkoutinbox")
    return Books(
        sessions=_sessions(ledgers),
        orders=_orders(ledgers),
        on_hand=dict(rows("SELECT sku, on_hand FROM shop_stockitem")),
        reservations=_reservations(ledgers),
        limits=dict(rows("SELECT code, uses FROM shop_coupon")),
        claims=_claims(ledgers),
        payments=_payments(ledgers),
        ends=ends,
        unsent=[f"{name} of {_id(owner)}" for owner, name, at in sent if at is None],
        unapplied=[f"{kind} for {_id(owner)}" for owner, kind, _, at in inbox if at is None],
        aborts={_id(o) for o, kind, done, _ in inbox if kind == "abort" and done == "applied"},
    )


def _sessions(ledgers: Ledgers) -> dict[str, Session]:
    found = ledgers.rows(
        "SELECT id, state, snapshot, snapshot_digest, failure, needs_attention, deadline_at,"
        " order_reference FROM checkout_checkoutsession"
    )
    return {_id(row[0]): _session(*row) for row in found}


def _session(
    pk: Any, state: str, frozen: Any, digest: str, failed: Any, attention: str, until: Any, no: str
) -> Session:
    snapshot = _json(frozen) or {"total": 0, "currency": "", "lines": [], "discounts": []}
    lines = snapshot["lines"]
    return Session(
        id=_id(pk),
        state=state,
        total=snapshot["total"],
        currency=snapshot["currency"],
        units=Counter({line["sku"]: line["quantity"] for line in lines}),
        lines=[(x["sku"], x["quantity"], x["unit_price"], x["total"]) for x in lines],
        coupons=sorted({d["code"] for d in snapshot["discounts"] if d["code"]}),
        digest=digest,
        failure=(_json(failed) or {}).get("code", ""),
        attention=attention,
        deadline_at=_moment(until),
        order=no,
    )


def _orders(ledgers: Ledgers) -> list[Order]:
    columns = "id, owner, number, status, total, currency, digest"
    found = ledgers.rows(f"SELECT {columns} FROM shop_order WHERE number IS NOT NULL")
    orders = {pk: Order(*rest) for pk, *rest in found}
    lines = ledgers.rows(
        "SELECT order_id, sku, quantity, unit_price, total FROM shop_orderline ORDER BY id"
    )
    for order, *line in lines:
        orders[order].lines.append((line[0], line[1], line[2], line[3]))
    return list(orders.values())


def _reservations(ledgers: Ledgers) -> list[tuple[str, str, Counter[str]]]:
    found = ledgers.rows("SELECT id, owner, status FROM shop_reservation")
    units: dict[int, Counter[str]] = defaultdict(Counter)
    for pk, sku, quantity in ledgers.rows(
        "SELECT reservation_id, sku, quantity FROM shop_reservationline"
    ):
        units[pk][sku] += quantity
    return [(owner, status, units[pk]) for pk, owner, status in found]


def _claims(ledgers: Ledgers) -> list[tuple[str, str, list[str]]]:
    found = ledgers.rows("SELECT id, owner, status FROM shop_couponclaim")
    codes: dict[int, list[str]] = defaultdict(list)
    for pk, code in ledgers.rows("SELECT claim_id, code FROM shop_couponuse"):
        codes[pk].append(code)
    return [(owner, status, sorted(codes[pk])) for pk, owner, status in found]


def _payments(ledgers: Ledgers) -> list[Payment]:
    found = ledgers.rows(
        "SELECT id, reference, amount, currency, authorised, captured, voided,"
        " refunded - refund_failed, refund_open FROM provider_payment ORDER BY created_at"
    )
    payments = {pk: Payment(pk, reference[:36], *rest) for pk, reference, *rest in found}
    for pk, kind, at in ledgers.rows("SELECT payment_id, type, created_at FROM provider_event"):
        when = _moment(at)
        if when is not None:
            payments[pk].happened[kind].append(when)
    return list(payments.values())


def _id(value: Any) -> str:
    """An id in one way of writing: SQLite keeps it without dashes."""
    return str(UUID(str(value))) if value else ""


def _json(value: Any) -> Any:
    """JSON that SQLite keeps as text."""
    return json.loads(value) if isinstance(value, str) else value


def _moment(value: Any) -> datetime | None:
    """A time that SQLite keeps as text."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value if isinstance(value, datetime) else None
