"""What goes wrong, told truthfully: the money line, the reason, and one thing to do next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.builders import snapshot
from checkout.testing.proof.world import World
from tests.adapters.web.visiting import Shown, Visitor


def back(world: World) -> None:
    """The shopper comes back, and the provider is asked."""
    world.order("confirm")
    world.tick()


def out_of_stock(world: World) -> None:
    world.inventory.stock["mug"] = 1
    world.start()


def no_cart(world: World) -> None:
    world.carts.carts.clear()
    world.start()


def cancelled(world: World) -> None:
    world.start()
    world.tick()
    world.order("abort")


def cancelled_by_staff(world: World) -> None:
    world.start()
    world.tick()
    world.order("abort", actor="user:7")


def expired(world: World) -> None:
    world.start()


def declined(world: World) -> None:
    world.start()
    world.tick()
    world.payments.decline("insufficient_funds", final=True)


def too_slow(world: World) -> None:
    world.inventory.trouble("reserve", "unavailable", 50)
    world.start()


def mismatch(world: World) -> None:
    world.start()
    world.tick()
    world.payments.pay(amount=1)
    back(world)


def found_after_weeks(world: World) -> None:
    world.start()
    world.tick()
    world.payments.last.pending = True
    world.shift(28 * 86_400)
    world.payments.pay()


def order_refused(world: World) -> None:
    world.orders.trouble("place", "refused")
    world.start()
    world.tick()
    world.payments.pay()
    back(world)


# how it came about, the failure's code, what the shopper reads, and what is offered
ENDS: dict[str, tuple[Callable[[World], None], str, str, str]] = {
    "out of stock": (out_of_stock, "out_of_stock", "mug is out of stock", "/cart/"),
    "no cart": (no_cart, "cart_not_found", "Nothing was ordered", "/cart/"),
    "cancelled": (cancelled, "cancelled_by_shopper", "You cancelled", "/cart/"),
    "cancelled by staff": (cancelled_by_staff, "cancelled_by_staff", "The shop cancelled", "/"),
    "expired": (expired, "payment_expired", "time to pay is over", "/cart/"),
    "declined": (declined, "payment_declined", "declined", "/cart/"),
    "too slow": (too_slow, "timed_out", "too long", "/cart/"),
    "another amount": (mismatch, "amount_mismatch", "does not match", "/"),
    "found after weeks": (found_after_weeks, "paid_too_late", "came too late", "/cart/"),
    "order refused": (order_refused, "place_refused", "could not be", "/cart/"),
}


@pytest.mark.parametrize("end", ENDS)
def test_every_end_is_told(world: World, shopper: Visitor, end: str) -> None:
    begin, code, words, where = ENDS[end]
    begin(world)
    world.run_until_quiet()
    assert world.row.state == "aborted"
    assert world.body["failure"]["code"] == code
    page = shopper.progress(world.id)
    assert words in page.text
    assert len(page.primary) == 1
    assert f'class="button button--wide" href="{where}"' in page.html
    assert not page.commands
    assert code not in page.text, "no code is shown to a shopper"


@pytest.mark.parametrize("end", ["out of stock", "cancelled", "expired", "declined", "too slow"])
def test_nobody_was_charged(world: World, shopper: Visitor, end: str) -> None:
    ENDS[end][0](world)
    world.run_until_quiet()
    assert shopper.progress(world.id).money == "none: You have not been charged."
    assert not any(payment.facts.captured for payment in world.payments.payments.values())


def shown_after(world: World, shopper: Visitor, checkout: CheckoutId, error: str) -> Shown:
    world.payments.decline(error)
    back(world)
    return shopper.progress(checkout)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("insufficient_funds", "not enough money"),
        ("expired_card", "expired"),
        ("incorrect_cvc", "security code"),
    ],
)
def test_a_decline_says_what_helps(
    world: World, shopper: Visitor, waiting: CheckoutId, error: str, words: str
) -> None:
    page = shown_after(world, shopper, waiting, error)
    assert page.state == "awaiting_payment"
    assert words in page.text
    assert page.money.startswith("none")
    assert page.primary == ["Try another card"]
    assert "/pay/pay_1/" in page.html, "the payment page is still open"


def test_a_thief_learns_nothing(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    errors = ("generic_decline", "stolen_card", "lost_card", "fraudulent", "pickup_card")
    seen = {shown_after(world, shopper, waiting, error).text for error in errors}
    words = {text.partition("Reference")[0] for text in seen}
    assert len({text.replace("\n", " ") for text in words}) == 1
    for error in errors[1:]:
        assert error.split("_")[0] not in " ".join(words).lower()


def test_a_closed_payment_offers_another(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    world.payments.decline(final=True)
    back(world)
    page = shopper.progress(waiting)
    assert "retry" in page.commands
    assert "/pay/pay_1/" not in page.html
    assert "still held" in page.text


def test_what_is_not_known_is_said_to_be_not_known(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    """A9: we are checking, it did not fail: nobody pays again."""
    world.payments.trouble("lookup", "unavailable", 50)
    back(world)
    page = shopper.progress(waiting)
    assert page.money.startswith("unknown")
    assert "not been charged" not in page.text


def test_money_that_goes_back(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    world.payments.sale = True
    world.payments.pending_refunds = True
    world.payments.pay()
    world.order("abort")
    world.run_until_quiet()
    assert shopper.progress(waiting).money.startswith("back: €29.90 is going back")
    world.payments.pending_refunds = False
    for _ in range(4):
        world.later(600)
    assert shopper.progress(waiting).money.startswith("back: €29.90 was given back")
    assert "€29.90 was given back" in shopper.see(f"/checkout/{waiting}/summary/").text


@pytest.mark.parametrize(
    ("currency", "shown"), [("EUR", "€29.90"), ("JPY", "¥2,990"), ("KWD", "KWD\xa02.990")]
)
def test_amounts_have_the_digits_of_their_currency(
    world: World, shopper: Visitor, currency: str, shown: str
) -> None:
    world.carts.carts["cart-1"] = snapshot(currency=currency)
    checkout = world.start()
    world.tick()
    assert shopper.progress(checkout).primary == [f"Pay {shown}"]


def test_nobody_is_said_to_have_declined_when_nobody_did(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    world.payments.decline("", final=True)
    back(world)
    page = shopper.progress(waiting)
    assert "declined" not in page.text
    assert page.primary == ["Try another card"]


def test_what_would_be_refused_is_not_offered(db: None, shopper: Visitor) -> None:
    with World(max_generations=1, max_extensions=0) as world:
        checkout = world.start()
        world.tick()
        page = shopper.progress(checkout)
        assert "extend" not in page.commands
        assert "cannot be held any longer" in page.text
        world.payments.decline(final=True)
        back(world)
        page = shopper.progress(checkout)
        assert "abort" in page.commands
        assert "retry" not in page.commands
        assert "too many attempts" in page.text


def test_a_refusal_is_seen_and_not_only_heard(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    answer = shopper.send(f"/checkout/{waiting}/retry/", HX_Request="true")
    notices = answer.html.partition('<div id="notices"')[2]
    assert "still open: use its page." in notices
    assert "notice--warn" in notices
