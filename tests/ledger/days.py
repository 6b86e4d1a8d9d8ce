"""One day at a market: checkouts to which anything happens, come to rest, and are audited.

What is audited is what the provider's and the shop's own ledgers say. A number tells the same day
again, up to the time that the database takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.builders import free_snapshot, line, snapshot
from checkout.testing.proof.exploring import undone
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import nothing_special, with_coupon
from checkout.testing.proof.world import World
from tests.ledger.deeds import Deeds
from tests.stateful.market import CARTS, Market, check_together

DEEDS_OF_A_DAY = 60
LATE_DEEDS = 8
A_DAY_SECONDS = 86_500.0
# How often each happens beside the others.
USUAL: dict[Callable[[Deeds], None], int] = {
    Deeds.order: 2,
    Deeds.pay: 6,
    Deeds.work: 8,
    Deeds.sweep: 4,
    Deeds.wait: 4,
    Deeds.write: 2,
    Deeds.deliver: 4,
}
TROUBLE: dict[Callable[[Deeds], None], int] = {
    Deeds.die: 12,
    Deeds.stall: 6,
    Deeds.answer_badly: 8,
    Deeds.answer_nothing: 8,
    Deeds.lose_the_queue: 3,
    Deeds.be_declined: 6,
    Deeds.take_time: 3,
    Deeds.take_another_amount: 2,
    Deeds.take_late_money: 4,
    Deeds.fail_refunds: 4,
    Deeds.change_their_mind: 5,
    Deeds.act_as_staff: 6,
    Deeds.refund: 4,
    Deeds.lose_the_hold: 2,
    Deeds.refuse: 2,
    Deeds.change_prices: 2,
}
LATE = [Deeds.take_late_money, Deeds.refund, Deeds.fail_refunds, Deeds.die, Deeds.work]


@dataclass
class Account:
    """What became of checkouts. Amounts are in minor units, as the provider's ledger has them."""

    checkouts: int = 0
    completed: int = 0
    approved: int = 0  # in time and with stock held
    excused: int = 0  # of those, not completed for one of the reasons that there may be
    captured: int = 0
    returned: int = 0
    kept: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Account) -> None:
        """Take in the sum of another."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def told(number: str, seed: Callable[[World], None] = nothing_special) -> Account:
    """Tell the day of this number, and audit it. The database is afterwards as it was."""
    lot = Random(number)
    market = Market(remote=lot.random() < 0.7)
    seed(market)
    with undone(), market:
        account = Account()
        try:
            deeds = _day(market, lot)
            account.happened = deeds.counts
            _audit(market, deeds, account)
        except AssertionError as wrong:
            account.wrong.append(f"day {number}: {str(wrong).splitlines()[0]}")
        account.checkouts = len(market.ids)
    return account


def _day(market: Market, lot: Random) -> Deeds:
    market.inventory.stock["mug"] = lot.choice([4, 10, 10])
    market.coupons.limit = lot.choice([1, 10, 10])
    market.payments.sale = lot.random() < 0.3
    market.payments.outcome = "approve" if lot.random() < 0.1 else ""
    for cart in CARTS:
        few = snapshot(cart, lines=(line(quantity=1, unit_price=lot.choice([1, 999, 10**7])),))
        carts = [with_coupon(cart), few, few, free_snapshot(cart)]
        market.carts.carts[cart] = lot.choices(carts, [6, 3, 3, 1])[0]
    deeds = Deeds(market, lot)
    for cart in CARTS[: lot.choice([1, 3, 3])]:
        market.place(cart)
    share = lot.choice([0.05, 0.2, 0.4])  # of trouble
    for _ in range(DEEDS_OF_A_DAY):
        some = TROUBLE if lot.random() < share else USUAL
        deeds.do(lot.choices(list(some), list(some.values()))[0])
    market.at_point = lambda number, point: None
    for cart in CARTS:
        market.place(cart)
    market.come_to_rest()
    _after_the_end(deeds)
    return deeds


def _after_the_end(deeds: Deeds) -> None:
    """Money that comes late, refunds of staff; a day later the provider is asked a last time."""
    for _ in range(deeds.lot.choice([0, LATE_DEEDS])):
        deeds.do(deeds.lot.choice(LATE))
    deeds.market.come_to_rest()
    deeds.market.shift(A_DAY_SECONDS)
    deeds.market.come_to_rest()


# The audit ---------------------------------------------------------------------------------------


def _audit(market: Market, deeds: Deeds, account: Account) -> None:
    refunds = _refunds_of_staff(market)
    market.staff_refunds = refunds
    for view in market.views():
        _money(view, refunds, account)
        _approved(view, market, deeds, account)
        check(view)
    check_together(market)


def _refunds_of_staff(market: Market) -> dict[CheckoutId, int]:
    """What staff has ordered and was not refused; such a refund counts as due."""
    ordered = CheckoutInbox.objects.filter(kind="refund", outcome="applied")
    given = {}
    for mine in market.ids:
        payloads = ordered.filter(checkout=mine).values_list("payload", flat=True)
        given[mine] = sum(payload["amount"] for payload in payloads)
    return given


def _money(view: World, refunds: dict[CheckoutId, int], account: Account) -> None:
    """Captured less refunded is the total of the order that there is, or zero."""
    facts = [payment.facts for payment in view.payments.payments.values()]
    orders = list(view.orders.live.values())
    captured, returned = sum(f.captured for f in facts), sum(f.returned for f in facts)
    due = sum(order.total for order in orders) - refunds.get(view.known, 0)
    code = view.checkout.failure.code if view.checkout.failure else "completed"
    account.completed += view.state == "completed"
    account.ends[code] += 1
    account.captured += captured
    account.returned += returned
    account.kept += captured - returned
    assert len(orders) <= 1, f"ledger: {len(orders)} orders of one checkout"
    assert captured - returned == due, f"ledger: {captured} - {returned} kept, {due} due ({code})"


def _approved(view: World, market: Market, deeds: Deeds, account: Account) -> None:
    """Approved in time with its stock held is completed, but for the reasons that there may be."""
    if view.known not in market.approved:
        return
    account.approved += 1
    if view.state == "completed":
        return
    reasons = list(_reasons(view, market, deeds))
    account.excused += bool(reasons)
    assert reasons, f"ledger: approved in time, and {view.checkout.failure}"


def _reasons(view: World, market: Market, deeds: Deeds) -> Iterator[str]:
    if view.known in market.cancelled:
        yield "an abort was accepted"
    if view.known in deeds.odd:
        yield "the amount was refused"
    mine = str(view.id)
    for port, method in (("inventory", "commit"), ("orders", "place"), ("payments", "capture")):
        refusals = market.neighbours[port].refusals
        if any(name == method and key.startswith(mine) for name, key in refusals):
            yield f"{port} refused to {method}"
