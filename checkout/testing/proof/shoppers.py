"""What shoppers, staff and the provider do next when they look at a checkout.

Nothing is kept between two looks, so that a story goes on after a crash as people would: by looking
again. Each of these may be called at any time and any number of times.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.domain.exceptions import Refused
from checkout.testing.builders import line, snapshot
from checkout.testing.proof.world import World

Shopper = Callable[[World], None]
ENDS = ("completed", "aborted")


def waits_for_payment(world: World) -> bool:
    """Is there a payment page that is still open?"""
    return world.state == "awaiting_payment" and not world.payments.last.facts.closed


def idle(world: World) -> None:
    """A shopper who went away."""


def pays(world: World) -> None:
    """Pays as soon as there is a payment page, and comes back from it."""
    if waits_for_payment(world):
        if not world.payments.last.facts.paid:
            world.payments.pay()
        world.order("confirm")


def declined_then_pays(world: World) -> None:
    """The first card is declined for good; the shopper tries again and pays."""
    if world.state != "awaiting_payment":
        return
    if len(world.payments.payments) > 1:
        pays(world)
    elif waits_for_payment(world):
        world.payments.decline(final=True)
        world.order("confirm")
    else:
        with suppress(Refused):  # the provider's answer is not known to us yet
            world.order("retry")


def tries_another_card(world: World) -> None:
    """The first card is declined; a second one on the same page is not."""
    if waits_for_payment(world) and not world.payments.last.facts.error:
        world.payments.decline()
        world.order("confirm")
    else:
        pays(world)


def pays_from_a_slow_bank(world: World) -> None:
    """The shopper is back before the bank has decided; only a message tells that it has."""
    if not waits_for_payment(world) or world.payments.last.facts.paid:
        return
    if world.payments.last.pending:
        world.payments.pay()
        world.post("evt-bank", "payment.authorised")
    else:
        world.payments.last.pending = True
        world.order("confirm")


def cancels(world: World) -> None:
    """Changes their mind on the payment page."""
    if world.state == "awaiting_payment":
        world.order("abort", reason="too expensive")


def cancels_what_is_paid(world: World) -> None:
    """Pays, and cancels before we can know of it."""
    if waits_for_payment(world):
        world.payments.pay()
    cancels(world)


def pays_for_what_is_gone(world: World) -> None:
    """The money is captured at once, and then the stock can't be had: it must all go back."""
    if waits_for_payment(world):
        if not world.payments.last.facts.captured:
            world.inventory.stock["mug"] = 0
            world.inventory.lapsed |= set(world.inventory.held)
        pays(world)
    elif world.state in ENDS:
        world.inventory.stock["mug"] = 10


def finds_it_sold_out(world: World) -> None:
    """There is less than was ordered until it is over."""
    world.inventory.stock["mug"] = 10 if world.state in ENDS else 1


def pays_and_never_returns(world: World) -> None:
    """Only the provider's message tells that it is paid."""
    if waits_for_payment(world) and not world.payments.last.facts.paid:
        world.payments.pay()
        world.post("evt-1", "payment.authorised")


def pays_at_a_muddled_provider(world: World) -> None:
    """The message that it failed is older, and comes after the one that it is paid."""
    if waits_for_payment(world) and not world.payments.last.facts.paid:
        world.payments.pay()
        world.post("evt-2", "payment.authorised")
        world.post("evt-1", "payment.failed")


def pays_after_the_end(world: World) -> None:
    """The bank lets money through for a payment that was closed long ago."""
    if world.state == "aborted" and not world.payments.last.facts.authorised:
        total = world.payments.last.money.amount
        world.payments.change(authorised=total, captured=total)
        world.post("evt-late", "payment.captured")


def pays_the_wrong_amount(world: World) -> None:
    """Less than the total arrives."""
    if waits_for_payment(world):
        if not world.payments.last.facts.paid:
            world.payments.pay(100)
        world.order("confirm")


def pays_with_a_card_that_is_withdrawn(world: World) -> None:
    """What was authorised is gone when it is to be captured."""

    def withdrawn(method: str) -> None:
        if method == "capture":
            payment = world.payments.last
            world.payments.change(voided=payment.facts.authorised, closed=True)

    world.payments.meanwhile = withdrawn
    pays(world)


def pays_in_the_last_moment(world: World) -> None:
    """Paid between our last look and the answer to closing it."""

    def paid(method: str) -> None:
        if method == "close" and not world.payments.last.facts.paid:
            world.payments.pay()

    world.payments.meanwhile = paid


def is_forced_to_pay_again(world: World) -> None:
    """Staff has the payment begun anew; the second one is paid."""
    if len(world.payments.payments) > 1:
        pays(world)
    elif world.state == "awaiting_payment":
        with suppress(Refused):
            world.order("force", edge="force_retry_payment", reason="stuck", actor="user:7")


def asks_for_more_time(world: World) -> None:
    """Extends the hold, then pays."""
    extended = any("extend:shopper" in key for key in world.inventory.called("extend"))
    if world.state == "awaiting_payment" and not extended:
        world.order("extend")
    else:
        pays(world)


def pays_while_prices_change(world: World) -> None:
    """The shop changes prices and coupons after the cart was frozen."""
    if world.state != "started":
        world.carts.carts["cart-1"] = snapshot(lines=(line(unit_price=9999),))
        world.coupons.limit = 0
        pays(world)


def pays_before_we_know_the_reference(world: World) -> None:
    """The provider tells of the payment before it has answered us."""

    def told(method: str) -> None:
        if method == "initiate" and "evt-early" not in world.delivered:
            world.receive(
                {
                    "id": "evt-early",
                    "kind": "payment.created",
                    "merchant_reference": "",
                    "reference": "pay_1",
                }
            )
            world.delivered.add("evt-early")

    world.payments.meanwhile = told
    pays(world)


def is_cancelled_while_finalising(world: World) -> None:
    """Staff's abort was accepted a moment too early: it arrives while the money is being taken."""

    def aborts(method: str) -> None:
        if method == "capture":
            drop_into_inbox(world, "abort-1", "abort", "user:7")

    world.payments.meanwhile = aborts
    pays(world)


def is_interrupted_all_the_time(world: World) -> None:
    """A message arrives during every call to the provider."""

    def interrupts(method: str) -> None:
        if method != "lookup":
            drop_into_inbox(world, f"recheck-{method}", "recheck", "user:7")

    world.payments.meanwhile = interrupts
    pays(world)


def drop_into_inbox(world: World, message: str, kind: str, actor: str) -> None:
    """A command that was judged at the door before the checkout moved on."""
    stored = InboxMessage("command", message, kind, actor, {"reason": "stuck"})
    world.services.repository.receive(world.known, stored)
    world.bell.ring(world.known)


def reserve_arrives_late(world: World) -> None:
    """Every request for stock hangs in the network; the first one arrives after the end."""
    keys = world.inventory.called("reserve")
    if world.state == "aborted" and keys and keys[0] not in world.delivered:
        world.delivered.add(keys[0])
        checkout = world.checkout
        world.inventory.forget_troubles()
        world.inventory.reserve(keys[0], checkout.frozen.lines, checkout.entered_at)
        world.inventory.calls.pop()  # it is no new call of ours
