"""What must be true of the books at the end. Every violation is a sentence.

The numbers are those of the project's invariants: S safety, L liveness, Q quality.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.books import Books, Payment, Session
from tests.chaos.buyers import FINAL, Purchase
from tests.chaos.kinds import KINDS

ENDS = {"completed": ["checkout_completed"], "aborted": ["checkout_aborted"]}
# Why a payment that was approved in time may have been given back.
EXCUSES = ("out_of_stock", "order_refused", "amount_mismatch", "capture_refused")
Said = Iterator[str]


def judge(books: Books, purchases: Sequence[Purchase], stock: dict[str, int]) -> list[str]:
    """Every violation; `stock` is what there was at the beginning, by sku."""
    return [
        *finality(books),
        *orders(books),
        *warehouse(books, stock),
        *coupons(books),
        *money(books),
        *messages(books),
        *paid_in_time(books),
        *promises(books, purchases),
    ]


def finality(books: Books) -> Said:
    """L1: everything has come to its end."""
    for session in books.sessions.values():
        if session.state not in FINAL:
            yield f"L1 {session.id} is still {session.state}."


def orders(books: Books) -> Said:
    """S3: completed, exactly one order, line by line the frozen cart; else none."""
    live: dict[str, int] = Counter(o.owner for o in books.orders if o.status == "placed")
    for session in books.sessions.values():
        wanted = int(session.state == "completed")
        if live[session.id] != wanted:
            yield f"S3 {session.id} is {session.state} with {live[session.id]} orders."
    for order in books.orders:
        of = books.sessions.get(order.owner)
        if of is None:
            yield f"S3 order {order.number} belongs to no checkout."
        elif order.status == "placed":
            said = (order.total, order.currency, order.digest, order.lines, order.number)
            if said != (of.total, of.currency, of.digest, of.lines, of.order):
                yield f"S3 order {order.number} is not what was frozen in {of.id}."


def warehouse(books: Books, stock: dict[str, int]) -> Said:
    """S1, S2: what is there, held and sold is what there was; held is nothing."""
    sold: Counter[str] = Counter()
    taken: dict[str, list[Counter[str]]] = defaultdict(list)
    for owner, status, units in books.reservations:
        if status == "held":
            yield f"S2 {owner} still holds {dict(units)}."
        elif status == "committed":
            sold += units
            taken[owner].append(units)
    for sku, initial in stock.items():
        left = books.on_hand.get(sku, 0)
        if left < 0 or left + sold[sku] != initial:
            yield f"S1 of {initial} {sku} there are {left}, and {sold[sku]} were sold."
    for session in books.sessions.values():
        wanted = [session.units] if session.state == "completed" else []
        if taken[session.id] != wanted:
            yield f"S2 {session.id} is {session.state} and has taken {taken[session.id]}."


def coupons(books: Books) -> Said:
    """S5: spent by completed checkouts, once each, never above the limit; claimed by nobody."""
    spent: Counter[str] = Counter()
    by: dict[str, list[str]] = defaultdict(list)
    for owner, status, codes in books.claims:
        if status == "claimed" and codes:
            yield f"S5 {owner} still claims {codes}."
        elif status == "redeemed":
            spent.update(codes)
            by[owner] += codes
    for code, uses in spent.items():
        limit = books.limits.get(code)
        if limit is not None and uses > limit:
            yield f"S5 {code} was spent {uses} times; its limit is {limit}."
    for session in books.sessions.values():
        wanted = session.coupons if session.state == "completed" else []
        if sorted(by[session.id]) != wanted:
            yield f"S5 {session.id} is {session.state} and has spent {by[session.id]}."


def money(books: Books) -> Said:
    """S4, L4: kept is the total of what completed, nothing else; captured once; nothing waits."""
    paid: dict[str, list[Payment]] = defaultdict(list)
    for payment in books.payments:
        paid[payment.owner].append(payment)
        if payment.owner not in books.sessions:
            yield f"S4 payment {payment.id} belongs to no checkout."
        if payment.refund_open:
            yield f"L4 payment {payment.id} still waits for a refund."
        if payment.authorised and not (payment.captured or payment.voided):
            yield f"L4 payment {payment.id} of {payment.owner} is still authorised."
    for session in books.sessions.values():
        mine = paid[session.id]
        kept = sum(p.captured - p.returned for p in mine)
        due = session.total if session.state == "completed" else 0
        if kept != due:
            yield f"S4 {session.id} is {session.state}: kept are {kept}, due are {due}."
        captures = sum(len(p.happened["payment.captured"]) for p in mine)
        if captures > 1:
            yield f"S4 {session.id} was captured {captures} times."


def messages(books: Books) -> Said:
    """S9, L2: the end is told once; nothing waits to be sent or to be applied."""
    for session in books.sessions.values():
        told = books.ends.get(session.id, [])
        if session.state in FINAL and told != ENDS[session.state]:
            yield f"S9 {session.id} is {session.state} and told {told}."
    yield from (f"L2 {what} was never sent." for what in books.unsent)
    yield from (f"L2 {what} was never applied." for what in books.unapplied)


def paid_in_time(books: Books) -> Said:
    """Q1: approved before the deadline is completed, unless it was cancelled or refused."""
    for payment in books.payments:
        session = books.sessions.get(payment.owner)
        if session is None or session.state != "aborted" or not _in_time(payment, session):
            continue
        cancelled = session.failure == "cancelled_by_shopper" and session.id in books.aborts
        if not cancelled and session.failure not in EXCUSES:
            yield f"Q1 {session.id} was paid in time and aborted: {session.failure or 'no reason'}."


def _in_time(payment: Payment, session: Session) -> bool:
    approved = payment.happened["payment.authorised"]
    exact = (payment.authorised, payment.currency) == (session.total, session.currency)
    until = session.deadline_at
    return exact and bool(approved) and until is not None and min(approved) <= until


def promises(books: Books, purchases: Sequence[Purchase]) -> Said:
    """What the shoppers saw and did is what the books say; staff is called for a reason only."""
    known = {purchase.id: purchase for purchase in purchases if purchase.id}
    for purchase in known.values():
        yield from (f"S10 {purchase.id}: {complaint}" for complaint in purchase.complaints)
        session = books.sessions.get(purchase.id)
        if session is None:
            yield f"L1 {purchase.id} was started and is gone."
            continue
        if purchase.seen in FINAL and purchase.seen != session.state:
            yield f"S10 {session.id} was shown as {purchase.seen} and is {session.state}."
        if session.state == "completed" and not KINDS[purchase.kind].pays:
            yield f"S4 {session.id} is completed, but {purchase.kind} pays nothing."
    for session in books.sessions.values():
        if session.attention and session.attention not in _declared(known.get(session.id)):
            yield f"L1 {session.id} is {session.state} and asks for staff: {session.attention}."


def _declared(purchase: Purchase | None) -> tuple[str, ...]:
    return KINDS[purchase.kind].attention if purchase else ()
