"""Where a checkout may stand when a release ends: every state, and the interesting places in them.

A position is never taken out of this list: each release takes all of them again. Each function
drives a fresh checkout there with the engine of its day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from checkout.application.ports.outbound.scheduler_port import SchedulerPort
from checkout.testing.fake_payments import FakePayments
from tests.upgrades.shop_world import GIFT, OFF, ShopWorld

Drive = Callable[[ShopWorld], None]


@dataclass(frozen=True)
class Position:
    """`state` is where the checkout stands, `ends` where it must end; a shopper who can, pays.

    `remote` puts the shop across the network, `policy` changes numbers of the flow.
    """

    name: str
    state: str
    ends: str
    drive: Drive
    remote: bool = False
    policy: dict[str, Any] = field(default_factory=dict)


def driven(
    place: Position, provider: FakePayments, scheduler: SchedulerPort | None = None
) -> ShopWorld:
    """A world whose checkout has come to this position; it has ended, and can still be read."""
    provider.forget_troubles()
    provider.sale = provider.pending_refunds = False
    world = ShopWorld(provider, place.remote, scheduler, **place.policy)
    with world:
        place.drive(world)
    return world


def trouble(port: str, method: str, kind: str, *codes: str) -> Drive:
    """The first tick meets this trouble; the coupon codes are those of the cart."""

    def drive(world: ShopWorld) -> None:
        world.neighbours[port].trouble(method, kind)
        world.begin(*codes)
        world.work()

    return drive


def awaiting(world: ShopWorld) -> None:
    world.begin()
    world.work()


def declined(world: ShopWorld) -> None:
    awaiting(world)
    world.payments.decline(final=True)
    world.order("confirm")
    world.work()


def again(world: ShopWorld) -> None:
    declined(world)
    world.order("retry")
    world.work()


def again_without_an_answer(world: ShopWorld) -> None:
    declined(world)
    world.payments.trouble("initiate", "lost")
    world.order("retry")
    world.work()


def again_and_extended(world: ShopWorld) -> None:
    again(world)
    world.order("extend")
    world.work()


def paid_and_told(world: ShopWorld) -> None:
    awaiting(world)
    world.payments.pay()
    world.webhook(1)


def told_before_it_is_known(world: ShopWorld) -> None:
    trouble("payments", "initiate", "crash_after")(world)
    world.webhook(1, world.payments.last.reference)


def told_of_nobody(world: ShopWorld) -> None:
    awaiting(world)
    world.webhook(1, "pay_of_somebody_else")


def unanswered_close(world: ShopWorld) -> None:
    world.payments.trouble("close", "unavailable")
    awaiting(world)


def begun_anew_by_staff(world: ShopWorld) -> None:
    awaiting(world)
    world.payments.trouble("close", "unavailable")
    world.order("force", actor="user:1", edge="force_retry_payment", reason="a wrong card")
    world.work()


def paying(port: str, method: str, kind: str, *codes: str) -> Drive:
    """The tick after the payment meets this trouble."""

    def drive(world: ShopWorld) -> None:
        world.begin(*codes)
        world.work()
        world.payments.pay()
        world.order("confirm")
        world.neighbours[port].trouble(method, kind)
        world.work()

    return drive


def completed(world: ShopWorld) -> None:
    awaiting(world)
    world.payments.pay()
    world.order("confirm")
    world.work()


def completed_and_not_told(world: ShopWorld) -> None:
    world.receiver.down = True
    completed(world)


def completed_and_paid_again(world: ShopWorld) -> None:
    """The first attempt comes to life again after the second was captured."""
    again(world)
    first, _ = list(world.payments.payments)[-2:]
    world.payments.pay()
    world.order("confirm")
    world.work()
    world.payments.change(first, authorised=world.checkout.total)
    world.payments.trouble("void", "unavailable")
    world.order("recheck", actor="user:1")
    world.work()


def free(world: ShopWorld) -> None:
    world.begin(GIFT)
    world.work()


def cancelling(port: str, method: str, kind: str, paid: bool = False) -> Drive:
    """The tick of the shopper's abort meets this trouble."""

    def drive(world: ShopWorld) -> None:
        awaiting(world)
        if paid:
            world.payments.pay()
        world.order("abort", reason="too expensive")
        if port:
            world.neighbours[port].trouble(method, kind)
        world.work()

    return drive


def cancelled_but_not_seen(world: ShopWorld) -> None:
    awaiting(world)
    world.order("abort", reason="too expensive")


def bank_decides(world: ShopWorld) -> None:
    awaiting(world)
    world.payments.last.pending = True
    world.order("abort", reason="too expensive")
    world.work()


def forced_while_unanswered(world: ShopWorld) -> None:
    trouble("payments", "initiate", "lost")(world)
    world.payments.trouble("initiate", "unavailable")
    world.order("force", actor="user:1", edge="force_abort", reason="the shopper rang up")
    world.work()


def order_not_cancelled(world: ShopWorld) -> None:
    """The authorisation is gone when the money is to be captured, and the order must go too."""
    awaiting(world)
    world.payments.pay()
    world.order("confirm")
    world.neighbours["orders"].trouble("cancel", "unavailable")
    world.payments.meanwhile = lambda method: (
        world.payments.change(voided=world.checkout.total) if method == "capture" else None
    )
    world.work()
    world.payments.meanwhile = lambda method: None


def sold_meanwhile(world: ShopWorld) -> None:
    """Captured at once, then the stock can't be had: everything goes back."""
    awaiting(world)
    world.payments.sale = True
    world.payments.pay()
    world.neighbours["inventory"].trouble("commit", "refused")
    world.order("confirm")
    world.work()


def refund_pending(world: ShopWorld) -> None:
    world.payments.pending_refunds = True
    sold_meanwhile(world)


def refund_failed(world: ShopWorld) -> None:
    world.payments.failing_refunds = 1
    sold_meanwhile(world)


def paid_after_the_end(world: ShopWorld) -> None:
    cancelling("", "", "")(world)
    world.payments.change(authorised=world.checkout.total, captured=world.checkout.total)
    world.webhook(1)


RESERVED, CONFIRMED = "inventory_reserved", "payment_confirmed"
AWAITING, YES, NO = "awaiting_payment", "completed", "aborted"
NO_TIME = {"payment_window": -1}

# fmt: off
POSITIONS = (
    Position("new", "started", YES, ShopWorld.begin),
    Position("snapshot intended", "started", YES, trouble("carts", "snapshot", "crash_before"), True),
    Position("claim lost", "started", YES, trouble("coupons", "claim", "lost", OFF), True),
    Position("reserve intended", "cart_frozen", YES,
             trouble("inventory", "reserve", "crash_before"), True),
    Position("reserve not stored", "cart_frozen", YES,
             trouble("inventory", "reserve", "crash_after"), True),
    Position("initiate intended", RESERVED, YES, trouble("payments", "initiate", "crash_before")),
    Position("initiate not stored", RESERVED, YES, told_before_it_is_known),
    Position("asks for staff", RESERVED, YES, trouble("payments", "initiate", "lost"),
             policy={"attention_after": 1}),
    Position("second attempt lost", RESERVED, YES, again_without_an_answer),
    Position("waiting", AWAITING, YES, awaiting),
    Position("waiting in vain", AWAITING, NO, told_of_nobody),
    Position("paid, not read", AWAITING, YES, paid_and_told),
    Position("cancelled, not read", AWAITING, NO, cancelled_but_not_seen),
    Position("closing", AWAITING, NO, unanswered_close, policy=NO_TIME),
    Position("begun anew", AWAITING, YES, begun_anew_by_staff),
    Position("second attempt, extended", AWAITING, YES, again_and_extended),
    Position("commit intended", CONFIRMED, YES, paying("inventory", "commit", "crash_before"), True),
    Position("place lost", CONFIRMED, YES, paying("orders", "place", "lost"), True),
    Position("capture intended", CONFIRMED, YES, paying("payments", "capture", "crash_before")),
    Position("capture lost", CONFIRMED, YES, paying("payments", "capture", "lost")),
    Position("redeem unknown", CONFIRMED, YES, paying("coupons", "redeem", "unavailable", OFF), True),
    Position("close intended", "aborting", NO, cancelling("payments", "close", "crash_before")),
    Position("bank decides", "aborting", NO, bank_decides),
    Position("void intended", "aborting", NO, cancelling("payments", "void", "crash_after", True)),
    Position("release unknown", "aborting", NO,
             cancelling("inventory", "release", "unavailable"), True),
    Position("forced, unanswered", "aborting", NO, forced_while_unanswered),
    Position("order not cancelled", "aborting", NO, order_not_cancelled, True),
    Position("done", YES, YES, completed),
    Position("done, not told", YES, YES, completed_and_not_told),
    Position("done, paid again", YES, YES, completed_and_paid_again),
    Position("done for nothing", YES, YES, free),
    Position("ended", NO, NO, cancelling("", "", "")),
    Position("ended, void lost", NO, NO, cancelling("payments", "void", "lost", True)),
    Position("ended, refund pending", NO, NO, refund_pending),
    Position("ended, refund failed", NO, NO, refund_failed),
    Position("ended, paid late", NO, NO, paid_after_the_end),
    Position("sold out", NO, NO, trouble("inventory", "reserve", "refused")),
)
# fmt: on
