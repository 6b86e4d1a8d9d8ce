"""From "Place order" to an order."""

from __future__ import annotations

from checkout.testing.proof.world import World


def test_a_paid_cart_becomes_an_order(world: World) -> None:
    world.start()
    world.tick()
    assert world.checkout.state == "awaiting_payment"
    world.payments.pay()
    world.order("confirm")
    world.tick()
    checkout = world.checkout
    assert checkout.state == "completed"
    assert checkout.order == "order-1"
    assert world.payments.last.facts.captured == checkout.total == 2990
    assert world.inventory.free("mug") == 8
    assert world.body["money"] == {"status": "charged", "amount": 2990, "currency": "EUR"}
    assert [step["status"] for step in world.body["steps"]] == ["done"] * 5
    assert world.published.types == [
        "checkout_started",
        "cart_frozen",
        "inventory_reserved",
        "payment_initiated",
        "payment_confirmed",
        "checkout_completed",
    ]
    versions = [passage.version for passage in checkout.history]
    assert versions == list(range(1, checkout.version + 1))
    # Frozen and reserved in one commit, so told once.
    assert world.bell.pushed == versions[2:]


def test_an_abandoned_payment_is_closed_and_everything_given_back(world: World) -> None:
    world.start()
    world.tick()
    world.later(901)
    checkout = world.checkout
    assert checkout.state == "aborted"
    assert checkout.failure is not None
    assert checkout.failure.code == "payment_expired"
    assert world.payments.last.facts.closed
    assert world.inventory.free("mug") == 10
    assert world.carts.closed_by == {}
    assert world.published.types[-3:] == [
        "payment_failed",
        "inventory_released",
        "checkout_aborted",
    ]
