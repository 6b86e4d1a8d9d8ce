"""A world whose neighbours are the reference shop's own tables, beside a fake provider's ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from checkout import bootstrap
from checkout.adapters.outbound.persistence import database_time
from checkout.application.policy import Policy
from checkout.application.port_call import Ports
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.inbound.start_checkout_port import StartCheckout
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.application.ports.outbound.scheduler_port import SchedulerPort
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.testing.fake_payments import FakePayments
from checkout.testing.scripted import Crash, Scripted
from project.shop.adapters.carts import ShopCarts
from project.shop.adapters.coupons import ShopCoupons
from project.shop.adapters.inventory import ShopInventory
from project.shop.adapters.orders import ShopOrders
from project.shop.cart_edits import make_cart
from project.shop.models import Coupon, Product, StockItem

MUG = "MUG-TIDE"
OFF, GIFT = "SAVE2", "GIFT"


class Deaf:
    """SchedulerPort and ProgressPort: nobody hears it."""

    def ring(self, checkout_id: CheckoutId) -> None:
        """Nobody comes."""

    def changed(
        self, checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
    ) -> None:
        """Nobody looks."""


class Receiver:
    """EventPublisherPort that counts what it gets, unless it is down."""

    def __init__(self) -> None:
        self.count = 0
        self.down = False

    def publish(self, event: Any) -> None:
        """Take it."""
        if self.down:
            raise ConnectionError("The receiver does not answer.")
        self.count += 1


class Neighbour(Scripted):
    """A port of the shop, across the network or not, with trouble on demand."""

    def __init__(self, name: str, adapter: Any, remote: bool) -> None:
        super().__init__(name, transactional=not remote)
        self._adapter = adapter

    def __getattr__(self, method: str) -> Callable[..., Any]:
        made = getattr(self._adapter, method)

        def call(key: str, *arguments: Any) -> Any:
            with self.call(method, key):
                return made(key, *arguments)

        return call


class ShopWorld:
    """`remote` puts the shop across the network, so that its calls are stored before they are made."""

    def __init__(
        self,
        provider: FakePayments,
        remote: bool = False,
        scheduler: SchedulerPort | None = None,
        **policy: Any,
    ) -> None:
        self.payments, self.receiver = provider, Receiver()
        shop = {
            "carts": ShopCarts(),
            "coupons": ShopCoupons(),
            "inventory": ShopInventory(),
            "orders": ShopOrders(),
        }
        neighbours: dict[str, Any] = {n: Neighbour(n, port, remote) for n, port in shop.items()}
        self.neighbours: dict[str, Scripted] = {**neighbours, "payments": provider}
        self._ports = Ports(payments=provider, **neighbours)
        self._policy, self._scheduler = replace(Policy(), **policy), scheduler or Deaf()
        self._stack = ExitStack()
        self.id: CheckoutId | None = None

    def __enter__(self) -> ShopWorld:
        self.services = bootstrap.build(
            ports=self._ports,
            policy=self._policy,
            scheduler=self._scheduler,
            progress=Deaf(),
            publisher=self.receiver,
        )
        bootstrap.use(self.services)
        self._stack.callback(bootstrap.use, None)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def begin(self, *codes: str) -> None:
        """Fill a cart and place the order."""
        cart, _ = make_cart({MUG: 2}, list(codes), {"shipping": "pickup"})
        start = StartCheckout(str(cart.pk), owner_id="browser", return_url="/checkout/{id}/")
        self.id = self.services.start.start(start).id

    def work(self) -> None:
        """One task of a worker, which may die in the middle."""
        assert self.id is not None
        with suppress(Crash):
            self.services.engine.tick(self.id)
            self.services.relay.deliver(self.id)

    def order(self, kind: str, actor: str = "shopper", **payload: Any) -> None:
        """Submit a command."""
        assert self.id is not None
        self.services.desk.submit(Command(self.id, kind, actor, payload=payload))

    def webhook(self, number: int, reference: str = "") -> None:
        """A message of the provider, as its view stores it; parked while nobody knows it."""
        name = f"evt_{self.id}_{number}"
        message = InboxMessage(
            "provider:simulated", name, "payment", f"provider:{name}", {"id": name}, reference
        )
        self.services.repository.receive(None if reference else self.id, message)

    def shift(self, seconds: float) -> None:
        """Let the database's clock go on."""
        self._stack.enter_context(database_time.shifted(seconds))

    @property
    def checkout(self) -> Checkout:
        """The stored checkout."""
        assert self.id is not None
        return self.services.repository.load(self.id)


def stock_the_shop() -> None:
    """A product and two coupons, in what every release has asked for."""
    mug = Product.objects.create(
        sku=MUG, name="Mug", summary="A mug", description="A mug", price=1250
    )
    StockItem.objects.create(product=mug, on_hand=500)
    Coupon.objects.create(code=OFF, label="Two euros off", kind=Coupon.FIXED, value=200)
    Coupon.objects.create(code=GIFT, label="A gift", kind=Coupon.PERCENTAGE, value=100)
