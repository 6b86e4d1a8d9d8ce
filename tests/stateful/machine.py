"""Everything that can happen to a few checkouts, in any order that Hypothesis thinks of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress

from django.db import transaction
from hypothesis import strategies as st
from hypothesis import target
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.sagas.calls import CALLS
from checkout.testing.proof.invariants import check, check_always
from checkout.testing.proof.world import World
from checkout.testing.scripted import Crash
from tests.stateful.market import CARTS, Market, check_together

WHICH = st.integers(0, len(CARTS) - 1)
POINTS = st.integers(0, 15)
SHOPPER = st.sampled_from(["confirm", "retry", "abort", "extend"])
STAFF = st.sampled_from(["recheck", "retry_now", "abort", "force_abort", "force_retry_payment"])
TROUBLES = st.sampled_from(["lost", "unavailable"])
SECONDS = st.sampled_from([0.6, 3, 11, 31, 125])
MEANWHILE = st.sampled_from(["cancel", "pay", "stall", "cancel, stall", "pay, stall"])
NAMES = st.sampled_from(sorted({*CALLS, "payments.lookup"}))


class Checkouts(RuleBasedStateMachine):
    """Shoppers, staff, provider, broker, clock, workers that die, and workers that stall."""

    remote = True
    seed: Callable[[World], None] = staticmethod(lambda world: None)  # a bug put in on purpose

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._stack.enter_context(transaction.atomic())
        self._stack.callback(transaction.set_rollback, True)
        self.market = Market(self.remote)
        self.seed(self.market)
        self._stack.enter_context(self.market)
        self.seen: set[tuple[str, ...]] = set()

    def _id(self, which: int) -> CheckoutId:
        return self.market.ids[which % len(self.market.ids)]

    # Shoppers and staff ----------------------------------------------------------------------

    @initialize()
    def first(self) -> None:
        """Somebody places an order."""
        self.market.place(CARTS[0])

    @rule(which=WHICH)
    def start(self, which: int) -> None:
        """An order is placed, perhaps again."""
        with suppress(Crash):
            self.market.place(CARTS[which])

    @rule(which=WHICH, tells=st.booleans())
    def pay(self, which: int, tells: bool) -> None:
        """The money is authorised, if the payment page is open."""
        if self.market.pay(self._id(which)) and tells:
            self.market.write(self._id(which), by_our_key=True)

    @rule(which=WHICH, final=st.booleans())
    def decline(self, which: int, final: bool) -> None:
        """The bank says no."""
        self.market.decline(self._id(which), final)

    @rule(which=WHICH)
    def ponder(self, which: int) -> None:
        """The bank takes its time: the payment can't be closed."""
        self.market.ponder(self._id(which))

    @rule(which=WHICH, kind=SHOPPER)
    def shopper(self, which: int, kind: str) -> None:
        """The shopper presses a button."""
        self.market.order_something(self._id(which), kind, "shopper")

    @rule(which=WHICH, kind=STAFF)
    def staff(self, which: int, kind: str) -> None:
        """Staff does something about it."""
        self.market.order_something(self._id(which), kind, "user:7")

    # The provider's messages -----------------------------------------------------------------

    @rule(which=WHICH, by_our_key=st.booleans())
    def write(self, which: int, by_our_key: bool) -> None:
        """The provider has something to tell."""
        self.market.write(self._id(which), by_our_key)

    @precondition(lambda self: self.market.mail)
    @rule(number=st.integers(0, 5), again=st.booleans())
    def deliver(self, number: int, again: bool) -> None:
        """Any of the messages arrives; perhaps it will come again."""
        mail = self.market.mail
        message = mail[number % len(mail)]
        with suppress(Crash):
            self.market.receive(message)
            self.market.delivered.add(message["id"])
            if not again:
                mail.remove(message)

    @precondition(lambda self: self.market.mail)
    @rule(number=st.integers(0, 5))
    def drop(self, number: int) -> None:
        """Any of the messages is lost."""
        del self.market.mail[number % len(self.market.mail)]

    # Workers, broker and clock ---------------------------------------------------------------

    @rule(which=WHICH)
    def tick(self, which: int) -> None:
        """A worker looks at one of them."""
        with suppress(Crash):
            self.market.tick_now(self._id(which))

    @precondition(lambda self: self.market.bell.rung)
    @rule()
    def work(self) -> None:
        """Workers do all that was rung for, each task twice."""
        with suppress(Crash):
            self.market.work()

    @rule()
    def sweep(self) -> None:
        """A sweep goes round."""
        with suppress(Crash):
            self.market.sweep_now()

    @precondition(lambda self: self.market.bell.rung)
    @rule()
    def lose_the_broker(self) -> None:
        """The queue comes back empty."""
        self.market.bell.lose_everything()

    @rule(seconds=SECONDS)
    def clock(self, seconds: float) -> None:
        """Time goes by."""
        self.market.shift(seconds)

    @rule(call=NAMES, kind=TROUBLES)
    def trouble(self, call: str, kind: str) -> None:
        """The next call of a neighbour gets no answer, whether it was done or not."""
        port, method = call.split(".")
        self.market.neighbours[port].trouble(method, kind)

    @rule(after=POINTS)
    def crash(self, after: int) -> None:
        """A process will die, a few points from now.

        Rule: the ledgers of the fakes are no tables. What a local one did in a transaction that is
        rolled back would stay, which is no bug of ours; so there a process dies between two.
        """
        self.market.happens(after, self._dies, never_in_a_transaction=not self.remote)

    @rule(after=POINTS, which=WHICH, what=MEANWHILE)
    def meanwhile(self, after: int, which: int, what: str) -> None:
        """A few points from now, while a worker is in the middle of something, others act.

        When it stalls, it does so for longer than its lease, and another worker takes over.
        """

        def act() -> None:
            if "cancel" in what:
                self.market.order_something(self._id(which), "abort", "user:7")
            if "pay" in what:
                self.market.pay(self._id(which))
                self.market.order_something(self._id(which), "confirm", "shopper")
            if "stall" in what:
                self.market.shift(10)
                self.market.sweep_now()

        self.market.happens(after, act, never_in_a_transaction=True)

    def _dies(self) -> None:
        raise Crash("here")

    # What must hold --------------------------------------------------------------------------

    @invariant()
    def every_promise_is_kept(self) -> None:
        """At every step, for each of them and for all together."""
        for view in self.market.views():
            check_always(view)
        check_together(self.market)
        self.seen.add(tuple(sorted(view.state for view in self.market.views())))

    def teardown(self) -> None:
        """Troubles stop: all come to rest, and everything must have come out right."""
        try:
            self.market.come_to_rest()
            for view in self.market.views():
                check(view)
                in_time = view.id in self.market.approved - self.market.cancelled
                assert view.state == "completed" or not in_time, (
                    "Q1: paid in time and not completed"
                )
            check_together(self.market)
            target(float(len(self.seen)), label="combinations of states")
        finally:
            self._stack.close()
