"""The progress page in every state, and the receipt: true, complete, and for its owner only."""

from __future__ import annotations

from typing import Any

from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.builders import free_snapshot
from checkout.testing.proof.world import World
from tests.adapters.web.visiting import Visitor


def pay(world: World) -> None:
    """The shopper pays and comes back."""
    world.payments.pay()
    world.order("confirm")
    world.tick()


def test_it_begins(world: World, shopper: Visitor, started: CheckoutId) -> None:
    page = shopper.progress(started)
    assert page.state == "started"
    assert page.commands == {"abort"}
    assert page.money.startswith("none")


def test_it_waits_for_the_shopper(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    page = shopper.progress(waiting)
    assert page.state == "awaiting_payment"
    assert page.primary == ["Pay €29.90"]
    assert "/pay/pay_1/" in page.html
    assert {"abort", "extend"} <= page.commands
    assert "2 × Mug" in page.text
    assert "held until" in page.text
    assert f'datetime="{world.body["expires_at"]}"' in page.html


def test_it_is_done(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    pay(world)
    page = shopper.progress(waiting)
    assert page.state == "completed"
    assert "order-1" in page.text
    assert page.money == "taken: You paid €29.90."
    assert page.steps == [("done", False)] * 3 + [("done", True)]
    assert not page.commands
    assert f"/checkout/{waiting}/summary/" in page.html


def test_nothing_to_pay(world: World, shopper: Visitor) -> None:
    world.carts.carts["cart-1"] = free_snapshot()
    checkout = world.start()
    world.tick()
    page = shopper.progress(checkout)
    assert page.state == "completed"
    assert page.money.startswith("none")
    assert page.steps[1] == ("skipped", False)


def test_the_order_is_created(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    """Paid, and the order takes a while: too late to cancel, and the page says why."""
    world.orders.trouble("place", "unavailable", 3)
    pay(world)
    page = shopper.progress(waiting)
    assert page.state == "payment_confirmed"
    assert page.money.startswith("held: €29.90")
    assert not page.commands
    assert "too late to cancel" in page.text


def test_one_step_is_current_always(world: World, shopper: Visitor, started: CheckoutId) -> None:
    seen = [shopper.progress(started)]
    world.tick()
    seen.append(shopper.progress(started))
    world.order("abort")
    world.tick()
    seen.append(shopper.progress(started))
    world.run_until_quiet()
    seen.append(shopper.progress(started))
    for page in seen:
        assert len(page.steps) == 4
        assert sum(current for _, current in page.steps) == 1, page.state


def test_every_state_has_a_title_of_its_own(
    world: World, shopper: Visitor, started: CheckoutId
) -> None:
    titles = [shopper.progress(started).title]
    world.tick()
    titles.append(shopper.progress(started).title)
    pay(world)
    titles.append(shopper.progress(started).title)
    assert len(set(titles)) == 3


def test_page_and_fragment_say_the_same(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    page, fragment = shopper.progress(waiting), shopper.fragment(waiting)
    assert "<html" not in fragment.html
    assert (page.version, page.state) == (fragment.version, fragment.state)
    assert page.money == fragment.money


def test_there_are_standing_voices(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    """Screen readers speak what changes in a region, not a region that is new."""
    outside = shopper.progress(waiting).html.partition("</main>")[2]
    assert 'role="status"' in outside
    assert 'role="alert"' in outside


def test_nothing_is_inline(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    """The content security policy allows nothing that stands in the page itself."""
    source = shopper.progress(waiting).html
    assert "<style" not in source
    assert " style=" not in source
    assert " onclick=" not in source
    assert source.count("<script") == source.count("<script src=")


def test_names_of_the_shop_are_only_text(world: World, shopper: Visitor) -> None:
    from checkout.testing.builders import line, snapshot

    evil = "<script>alert(1)</script>"
    world.carts.carts["cart-1"] = snapshot(lines=(line(sku=evil),))
    world.inventory.stock[evil] = world.inventory.stock[evil.title()] = 0
    checkout = world.start()
    world.run_until_quiet()
    assert "<script>alert" not in shopper.progress(checkout).html.lower()


def test_nobody_keeps_a_copy(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    for path in (f"/checkout/{waiting}/", f"/checkout/{waiting}/summary/"):
        assert "no-store" in shopper.client.get(path)["Cache-Control"]


def test_the_user_finds_it_in_another_browser(world: World, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("ada")
    checkout = world.start(user_id=user.pk)
    elsewhere = Visitor()
    elsewhere.client.force_login(user)
    assert elsewhere.progress(checkout).state == "started"


def test_the_receipt(world: World, shopper: Visitor, waiting: CheckoutId) -> None:
    pay(world)
    page = shopper.see(f"/checkout/{waiting}/summary/")
    for part in ("order-1", "2 × Mug", "€25.00", "Standard", "€4.90", "€29.90", "ada@example.org"):
        assert part in page.text
    assert page.money == "taken: You paid €29.90."
    assert str(waiting) in page.text


def test_the_receipt_of_what_was_not_bought(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    world.order("abort")
    world.run_until_quiet()
    page = shopper.see(f"/checkout/{waiting}/summary/")
    assert "Thank you" not in page.text
    assert "cancelled" in page.heading
    assert page.money.startswith("none")


def test_the_receipt_of_a_cart_that_was_never_read(world: World, shopper: Visitor) -> None:
    world.carts.carts.clear()
    checkout = world.start()
    world.run_until_quiet()
    page = shopper.see(f"/checkout/{checkout}/summary/")
    assert page.response.status_code == 200
    assert page.money.startswith("none")


def test_before_the_end_the_receipt_leads_to_the_progress(
    world: World, shopper: Visitor, waiting: CheckoutId
) -> None:
    page = shopper.see(f"/checkout/{waiting}/summary/")
    assert page.state == "awaiting_payment"
