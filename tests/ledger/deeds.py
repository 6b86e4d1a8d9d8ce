"""What may happen to a few checkouts of one market, each chosen by lot.

`Deeds` are those of shoppers, staff, shop, provider and processes; the name of each is what is
counted. They work on the market of `tests.stateful`, whose ledgers are then judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.builders import line, snapshot
from checkout.testing.fake_payments import FakePayment
from checkout.testing.scripted import Crash
from tests.stateful.market import CARTS, Market

# Those whose refusal is an end by rule; an undo that is refused is staff's business (design §3).
MAY_BE_REFUSED = (
    ("carts", "close"),
    ("inventory", "reserve"),
    ("inventory", "commit"),
    ("orders", "place"),
    ("coupons", "redeem"),
    ("payments", "initiate"),
    ("payments", "capture"),
    ("payments", "void"),
    ("payments", "refund"),
)
CALLS_OF_MONEY = ("initiate", "lookup", "close", "capture", "void", "refund")


class Deeds:
    """One deed after the other, on whichever checkout the lot falls."""

    def __init__(self, market: Market, lot: Random) -> None:
        self.market = market
        self.lot = lot
        self.counts: Counter[str] = Counter()
        self.odd: set[CheckoutId] = set()  # the provider says another amount, currency or cart
        market.payments.meanwhile = self._bank

    def do(self, deed: Callable[[Deeds], None]) -> None:
        """Do it; a process may die in the middle."""
        self.counts[deed.__name__] += 1
        with suppress(Crash):
            deed(self)

    @property
    def mine(self) -> CheckoutId:
        """One of the checkouts that were started."""
        return self.lot.choice(self.market.ids)

    # Shoppers --------------------------------------------------------------------------------

    def order(self) -> None:
        """Place an order, perhaps for a cart that has one."""
        self.market.place(self.lot.choice(CARTS))

    def pay(self) -> None:
        """Pay on the provider's page, and come back from it or not."""
        mine = self.mine
        if self.market.pay(mine) and self.lot.random() < 0.5:
            self.market.order_something(mine, "confirm", "shopper")
        elif self.lot.random() < 0.7:
            self.market.write(mine, by_our_key=self.lot.random() < 0.5)

    def be_declined(self) -> None:
        """The bank says no, for this time or for good; then often another try."""
        mine = self.mine
        self.market.decline(mine, final=self.lot.random() < 0.7)
        self.market.order_something(mine, "confirm", "shopper")
        self.market.tick_now(mine)
        self.market.order_something(mine, "retry", "shopper")

    def change_their_mind(self) -> None:
        """Cancel, or ask for more time."""
        kind = self.lot.choice(["abort", "extend", "extend", "retry"])
        self.market.order_something(self.mine, kind, "shopper")

    # Staff -----------------------------------------------------------------------------------

    def act_as_staff(self) -> None:
        """Anything that staff may do to a running checkout."""
        kinds = ["recheck", "retry_now", "recheck", "retry_now", "force_retry_payment"]
        kind = self.lot.choice([*kinds, "abort", "force_abort"])
        self.market.order_something(self.mine, kind, "user:7")

    def refund(self) -> None:
        """Staff gives money back, a part or all of it."""
        mine = self.mine
        amount = self.lot.choice([1, 500, self.market.total(mine)])
        self.market.command(mine, "refund", "user:7", amount=amount, reason="a broken mug")

    # The provider ----------------------------------------------------------------------------

    def take_time(self) -> None:
        """The bank has not decided."""
        self.market.ponder(self.mine)

    def take_another_amount(self) -> None:
        """Too little, too much, another currency, or the payment of another cart."""
        mine = self.mine
        payment = self.market.payable(mine)
        if payment is None:
            return
        self.odd.add(mine)
        total = payment.money.amount
        wrong: list[dict[str, Any]] = [
            {"authorised": max(total - 1, 1) if total > 1 else 2},
            {"authorised": 2 * total},
            {"authorised": total, "currency": "USD"},
            {"authorised": total, "digest": "another cart"},
        ]
        facts = self.lot.choice(wrong)
        payment.pending = False
        if self.market.payments.sale:
            facts = {**facts, "captured": facts["authorised"], "closed": True}
        self.market.payments.change(payment.reference, **facts)
        self.market.write(mine, by_our_key=True)

    def take_late_money(self) -> None:
        """Money comes for a payment that was closed, or twice for one that was taken."""
        payment = self._late_payment()
        if payment is None:
            return
        facts, total = payment.facts, payment.money.amount
        captured = facts.captured + total
        taken = {"captured": captured} if self.lot.random() < 0.7 or facts.captured else {}
        authorised = max(captured, facts.authorised + facts.voided)
        self.market.payments.change(payment.reference, authorised=authorised, **taken)

    def _late_payment(self) -> FakePayment | None:
        """A payment that is over; its checkout's end may depend on what it says from now on."""
        mine = self.mine
        keys = self.market.payments.keys
        closed = [
            self.market.payments.payments[reference]
            for key, reference in keys.items()
            if key.startswith(str(mine)) and self.market.payments.payments[reference].facts.closed
        ]
        if not closed:
            return None
        payment = self.lot.choice(closed)
        if payment is self.market.payment(mine):
            self.odd.add(mine)
        return payment

    def write(self) -> None:
        """The provider sends a message."""
        self.market.write(self.mine, by_our_key=self.lot.random() < 0.5)

    def deliver(self) -> None:
        """A message arrives, in any order, perhaps twice; or it is lost."""
        mail = self.market.mail
        if not mail:
            return
        message = self.lot.choice(mail)
        if self.lot.random() < 0.8:
            self.market.receive(message)
            self.market.delivered.add(message["id"])
        if self.lot.random() < 0.7:
            mail.remove(message)

    def fail_refunds(self) -> None:
        """The next refunds are decided as failed, or not decided for a while."""
        if self.lot.random() < 0.6:
            self.market.payments.failing_refunds += self.lot.randint(1, 3)
        else:
            self.market.payments.pending_refunds = not self.market.payments.pending_refunds

    def answer_badly(self) -> None:
        """The provider's next answer is lost, late, refused, or makes no sense."""
        kind = self.lot.choice(["lost", "lost", "unavailable", "bug"])
        method = self.lot.choice(CALLS_OF_MONEY)
        self.market.payments.trouble(method, kind, self.lot.choice([1, 1, 3]))

    def _bank(self, method: str) -> None:
        """While a call is under way, the bank may do something of its own."""
        mine = self.market.owner(self.market.payments.calls[-1][1])
        payment = mine and self.market.payment(mine)
        if not mine or not payment or self.lot.random() < 0.9:
            return
        facts, change = payment.facts, self.market.payments.change
        if method == "close" and self.market.pay(mine):
            self.counts["paid while it was closed"] += 1
        elif method == "capture" and facts.uncaptured:
            part = self.lot.choice([0, 1, facts.uncaptured - 1])
            gone = facts.uncaptured - part
            taken = {"captured": facts.captured + part, "voided": facts.voided + gone}
            change(payment.reference, **taken, closed=True)
            self.counts["withdrawn while it was captured"] += 1
        elif method == "void" and facts.uncaptured:
            change(payment.reference, captured=facts.authorised - facts.voided, closed=True)
            self.counts["captured while it was voided"] += 1

    # The shop --------------------------------------------------------------------------------

    def lose_the_hold(self) -> None:
        """A hold lapses early; perhaps somebody else has taken what was held."""
        inventory = self.market.inventory
        inventory.lapsed |= set(inventory.held)
        if self.lot.random() < 0.5:
            inventory.stock["mug"] -= inventory.free("mug")

    def refuse(self) -> None:
        """A neighbour says no to its next call."""
        port, method = self.lot.choice(MAY_BE_REFUSED)
        self.market.neighbours[port].trouble(method, "refused")

    def answer_nothing(self) -> None:
        """A neighbour's next answer is lost, or it was never asked."""
        port = self.lot.choice(["carts", "coupons", "inventory", "orders"])
        methods = {
            "carts": ("snapshot", "close", "reopen"),
            "coupons": ("claim", "redeem", "release"),
            "inventory": ("reserve", "extend", "commit", "release"),
            "orders": ("place", "cancel"),
        }
        kind = self.lot.choice(["lost", "unavailable"])
        self.market.neighbours[port].trouble(self.lot.choice(methods[port]), kind)

    def change_prices(self) -> None:
        """What is not frozen yet costs more from now on."""
        dearer = (line(unit_price=self.lot.choice([1300, 9999])),)
        self.market.carts.carts[self.lot.choice(CARTS)] = snapshot(lines=dearer)

    # Processes -------------------------------------------------------------------------------

    def work(self) -> None:
        """Workers do all that was rung for, each task twice; or one looks at one of them."""
        if self.lot.random() < 0.5:
            self.market.work()
        else:
            self.market.tick_now(self.mine)

    def sweep(self) -> None:
        """A sweep goes round."""
        self.market.sweep_now()

    def wait(self) -> None:
        """Time goes by, seldom long enough for the time to pay to end."""
        self.market.shift(self.lot.choice([0.6, 0.6, 3, 3, 11, 31, 125]))

    def lose_the_queue(self) -> None:
        """The broker comes back empty."""
        self.market.bell.lose_everything()

    def die(self) -> None:
        """A process will die, a few points from now, where a fake's ledger can bear it."""
        after, remote = self.lot.randint(0, 15), not self.market.inventory.transactional
        self.market.happens(after, self._crash, never_in_a_transaction=not remote)

    def _crash(self) -> None:
        self.counts["crashes"] += 1
        raise Crash("here")

    def stall(self) -> None:
        """A process will stand still beyond its lease while another one takes over."""

        def taken_over() -> None:
            self.counts["stalls"] += 1
            self.market.shift(10)
            self.market.sweep_now()

        self.market.happens(self.lot.randint(0, 15), taken_over, never_in_a_transaction=True)
