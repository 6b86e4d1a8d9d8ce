"""The fakes keep the promises that they stand in for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from checkout.testing.builders import line, snapshot
from checkout.testing.contracts import (
    CartsPortContract,
    CouponsPortContract,
    EventPublisherPortContract,
    InventoryPortContract,
    OrdersPortContract,
    PaymentsPortContract,
)
from checkout.testing.fake_payments import FakePayments
from checkout.testing.fakes import FakeCarts, FakeCoupons, FakeInventory, FakeOrders
from checkout.testing.proof.broker import Recorder


class TestFakeCarts(CartsPortContract):
    """Carts in memory."""

    @pytest.fixture
    def port(self) -> FakeCarts:
        self.fake = FakeCarts()
        return self.fake

    @pytest.fixture
    def cart(self) -> str:
        return "cart-1"

    def change(self, cart: str) -> None:
        self.fake.carts[cart] = snapshot(cart, lines=(line(quantity=3),))


class TestFakeCoupons(CouponsPortContract):
    """Coupons in memory."""

    @pytest.fixture
    def port(self) -> FakeCoupons:
        self.fake = FakeCoupons()
        self.fake.known = {"ONCE", "OTHER"}
        return self.fake

    @pytest.fixture
    def single(self) -> str:
        return "ONCE"

    @pytest.fixture
    def other(self) -> str:
        return "OTHER"

    def uses(self, code: str) -> int:
        return self.fake.uses(code)


class TestFakeInventory(InventoryPortContract):
    """Stock in memory."""

    @pytest.fixture
    def port(self) -> FakeInventory:
        self.fake = FakeInventory()
        self.fake.stock = {self.plenty: 5, self.scarce: 1}
        return self.fake

    def available(self, sku: str) -> int:
        return self.fake.free(sku)

    def lapse(self, reservation: str) -> None:
        self.fake.lapsed.add(reservation)


class TestFakeOrders(OrdersPortContract):
    """Orders in memory."""

    @pytest.fixture
    def port(self) -> FakeOrders:
        self.fake = FakeOrders()
        return self.fake

    def live_totals(self) -> list[int]:
        live: list[CartSnapshot] = list(self.fake.live.values())
        return [order.total for order in live]


class TestFakePayments(PaymentsPortContract):
    """A provider in memory."""

    @pytest.fixture
    def port(self) -> FakePayments:
        self.fake = FakePayments()
        return self.fake

    @pytest.fixture
    def silent(self) -> FakePayments:
        fake = FakePayments()
        for method in ("initiate", "lookup", "capture"):
            fake.trouble(method, "unavailable", 10)
        return fake

    def pay(self, reference: str) -> None:
        self.fake.change(reference, authorised=self.fake.payments[reference].money.amount)

    def pay_wrong(self, reference: str) -> None:
        self.fake.change(reference, authorised=1)

    def webhook(self, reference: str, key: str) -> tuple[dict[str, str], bytes]:
        said = {"id": "evt", "kind": "paid", "merchant_reference": key, "reference": reference}
        return {"x-signature": "valid"}, json.dumps(said).encode()


class TestRecorder(EventPublisherPortContract):
    """The publisher of the application tests."""

    @pytest.fixture
    def port(self) -> Recorder:
        self.recorder = Recorder()
        return self.recorder

    def received(self) -> list[Any]:
        return [event["id"] for event in self.recorder.events]
