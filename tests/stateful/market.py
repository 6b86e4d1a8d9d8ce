"""Several checkouts that want the same few things, and what belongs to each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from typing import Any

from checkout.adapters.outbound.persistence import database_time
from checkout.adapters.outbound.persistence.models import CheckoutInbox, CheckoutSession
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId, effect_key
from checkout.testing.fake_payments import FakePayment
from checkout.testing.proof.scenarios import with_coupon
from checkout.testing.proof.world import A_LONG_WHILE, World
from checkout.testing.scripted import Crash

CARTS = ("cart-1", "cart-2", "cart-3")
MUGS = 4  # each cart has two mugs, and the one coupon
ROUNDS = 60
MOST_FAILING_REFUNDS = 5  # more would take longer than the rounds


def nothing(number: int, point: str) -> None:
    """What happens at most points."""


class Market(World):
    """A world with several checkouts: the stock is enough for two, the coupon for one."""

    def __init__(self, remote: bool) -> None:
        super().__init__(remote, payment_window=120, grace=60)
        self.inventory.stock["mug"] = MUGS
        for cart in CARTS:
            self.carts.carts[cart] = with_coupon(cart)
        self.ids: list[CheckoutId] = []
        self.approved: set[CheckoutId] = set()  # in full and in time, with its stock held
        self.cancelled: set[CheckoutId] = set()  # an abort was accepted
        self.posted = 0

    def _judge_call(self, point: str) -> None:
        """The world's own judgement is of a world with one checkout."""

    # What shoppers, staff and the provider do ------------------------------------------------

    def place(self, cart: str) -> None:
        """Place an order; a cart that has a live checkout gets that one again."""
        started = self.start(cart)
        if started not in self.ids:
            self.ids.append(started)

    def command(self, checkout_id: CheckoutId, kind: str, actor: str, **payload: Any) -> bool:
        """Order something about one of them; False when it was refused at the door."""
        try:
            self.services.desk.submit(Command(checkout_id, kind, actor, payload=payload))
        except Refused:
            return False
        return True

    def order_something(self, checkout_id: CheckoutId, kind: str, actor: str) -> None:
        """Shopper or staff orders something; a process may die while it is accepted."""
        command = "force" if kind.startswith("force") else kind
        before = set(self.cancelled)
        if kind.endswith("abort"):
            self.cancelled.add(checkout_id)  # also when the process dies while it is accepted
        with suppress(Crash):
            if not self.command(checkout_id, command, actor, edge=kind):
                self.cancelled = before

    def payable(self, checkout_id: CheckoutId) -> FakePayment | None:
        """Its newest payment, as long as it can be paid."""
        payment = self.payment(checkout_id)
        done = payment is None or payment.facts.closed or payment.facts.paid
        return None if done else payment

    def pay(self, checkout_id: CheckoutId) -> bool:
        """The money is authorised, and with `sale` taken; False when the page is not open."""
        payment = self.payable(checkout_id)
        if payment is None:
            return False
        if self._in_time(checkout_id):
            self.approved.add(checkout_id)
        payment.pending = False
        amount = payment.money.amount
        taken = {"captured": amount, "closed": True} if self.payments.sale else {}
        self.payments.change(payment.reference, authorised=amount, **taken)
        return True

    def _in_time(self, checkout_id: CheckoutId) -> bool:
        row = CheckoutSession.objects.get(pk=checkout_id)
        held = effect_key(checkout_id, "inventory.reserve", 1)
        holds = held in self.inventory.held and held not in self.inventory.lapsed
        ends = row.deadline_at if row.state == "awaiting_payment" else None
        return holds and ends is not None and ends > database_time.read_now()

    def decline(self, checkout_id: CheckoutId, final: bool) -> None:
        """The bank says no; `final` closes the page."""
        payment = self.payable(checkout_id)
        if payment is not None:
            self.payments.change(payment.reference, error="card_declined", closed=final)

    def ponder(self, checkout_id: CheckoutId) -> None:
        """The bank takes its time: the payment can't be closed."""
        payment = self.payable(checkout_id)
        if payment is not None:
            payment.pending = True

    def payment(self, checkout_id: CheckoutId) -> FakePayment | None:
        """Its newest payment at the provider."""
        mine = [ref for key, ref in self.payments.keys.items() if key.startswith(str(checkout_id))]
        return self.payments.payments[mine[-1]] if mine else None

    def owner(self, key: str) -> CheckoutId | None:
        """Whose key it is."""
        return next((mine for mine in self.ids if key.startswith(str(mine))), None)

    def total(self, checkout_id: CheckoutId) -> int:
        """What its newest payment is for, in minor units; 0 when there is none."""
        payment = self.payment(checkout_id)
        return payment.money.amount if payment else 0

    def tick_now(self, checkout_id: CheckoutId) -> None:
        """A worker looks at this one."""
        self.id = checkout_id
        self.tick()

    def write(self, checkout_id: CheckoutId, by_our_key: bool) -> None:
        """The provider writes a message about its newest payment; somebody must deliver it."""
        payment = self.payment(checkout_id)
        if payment is None:
            return
        self.posted += 1
        key = effect_key(checkout_id, "payments.initiate", 1) if by_our_key else ""
        message = {"id": f"evt-{checkout_id}-{self.posted}", "kind": "payment.changed"}
        self.mail.append({**message, "merchant_reference": key, "reference": payment.reference})

    def happens(
        self, after: int, what: Callable[[], None], never_in_a_transaction: bool = False
    ) -> None:
        """Let something happen once, so many fault points from now."""
        left = [after]

        def at_point(number: int, point: str) -> None:
            left[0] -= 1
            if left[0] < 0 and not (never_in_a_transaction and self.in_transaction):
                self.at_point = nothing
                what()

        self.at_point = at_point

    # Coming to rest --------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """No more trouble and nobody who does anything: the sweep alone brings all to an end."""
        self.at_point = nothing
        for fake in self.neighbours.values():
            fake.forget_troubles()
        for payment in self.payments.payments.values():
            payment.pending = False
        self.payments.failing_refunds = min(self.payments.failing_refunds, MOST_FAILING_REFUNDS)
        self.payments.pending_refunds = False
        self.bell.lose_everything()
        self.mail.clear()
        for _ in range(ROUNDS):
            self.sweep_now()
            if all(view.checkout.state.is_final and view.at_rest for view in self.views()):
                return
            self.shift(61)

    def sweep_now(self) -> None:
        """One round of a sweep that does not wait until something is overdue."""
        for checkout_id in self.services.repository.due(0.0, 100):
            self.services.engine.tick(checkout_id, "system:sweep")
        self.services.repository.adopt_all_parked()
        self.services.relay.deliver_waiting()
        self.bell.lose_everything()

    # What belongs to one of them -------------------------------------------------------------

    def views(self) -> Iterator[World]:
        """The market as each of its checkouts alone would have left it."""
        return (self.view(checkout_id) for checkout_id in self.ids)

    def view(self, checkout_id: CheckoutId) -> World:
        """The ledgers with only those entries that carry keys of this checkout."""
        mine = str(checkout_id)
        view = copy(self)
        view.id = checkout_id
        view.bell, view.published = copy(self.bell), copy(self.published)
        view.bell.pushed = []  # a push does not say whose it is
        view.published.events = [e for e in self.published.events if e["subject"] == mine]
        view.delivered = {event for event in self.delivered if mine in event}
        for name, fake in self.neighbours.items():
            seen = copy(fake)
            seen.calls = [(method, key) for method, key in fake.calls if key.startswith(mine)]
            setattr(view, name, seen)
        self._only_mine(view, mine)
        return view

    def _only_mine(self, view: World, mine: str) -> None:
        carts = self.carts.closed_by
        view.carts.closed_by = {cart: key for cart, key in carts.items() if key.startswith(mine)}
        view.coupons.claims = _mine(self.coupons.claims, mine)
        view.coupons.redeemed = _mine(self.coupons.redeemed, mine)
        view.inventory.held = _mine(self.inventory.held, mine)
        view.inventory.committed = _mine(self.inventory.committed, mine)
        view.orders.placed = _mine(self.orders.placed, mine)
        payments, references = self.payments.payments, _mine(self.payments.keys, mine).values()
        view.payments.payments = {reference: payments[reference] for reference in references}


def _mine(ledger: Mapping[str, Any], mine: str) -> dict[str, Any]:
    return {key: value for key, value in ledger.items() if key.startswith(mine)}


def check_together(market: Market) -> None:
    """What holds for all of them at any time: S1, S5 of the whole, and nobody sleeps over anything."""
    assert market.inventory.free("mug") >= 0, "S1: oversold"
    assert market.coupons.uses("SAVE2") <= market.coupons.limit, "S5: a coupon is used too often"
    now = database_time.read_now()
    waiting = CheckoutInbox.objects.filter(applied_at=None).exclude(checkout=None)
    for kind, due in waiting.values_list("kind", "checkout__due_at"):
        assert (due or now + A_LONG_WHILE) <= now, f"W25: {kind} is slept over till {due}"
