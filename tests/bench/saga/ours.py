"""Ourselves: the real engine, Huey's consumers, the reference shop, events, read models, pushes.

This process is the shop's web process: it starts checkouts and rings. Django is set up here with
the first use, so that the database is known by then.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.bench.saga import plain
from tests.bench.saga.contender import Contender, python

SETTINGS = "tests.bench.saga.settings"
STEP_EVENTS = (
    "cart_frozen",
    "inventory_reserved",
    "payment_initiated",
    "payment_confirmed",
    "checkout_completed",
)
VERIFY = {
    "completed": "SELECT count(*) FROM checkout_checkoutsession WHERE state = 'completed'",
    "shown_completed": "SELECT count(*) FROM checkout_checkoutprogress WHERE state = 'completed'",
    "events": "SELECT count(*) FROM checkout_checkoutoutbox"
    f" WHERE sent_at IS NOT NULL AND name IN {STEP_EVENTS}",
    "reserved_lines": "SELECT count(*) FROM shop_reservationline JOIN shop_reservation r"
    " ON r.id = reservation_id WHERE r.status = 'committed'",
    "units_taken": f"SELECT {len(plain.SKUS)} * {plain.STOCK}::bigint - sum(on_hand)"
    " FROM shop_stockitem",
    "payments": "SELECT count(*) FROM checkout_checkoutsession"
    " WHERE (payments -> '1' -> 'facts' ->> 'captured')::int > 0",
    "unpaid": "SELECT (SELECT sum(total) FROM shop_order) - (SELECT"
    " sum((payments -> '1' -> 'facts' ->> 'captured')::int) FROM checkout_checkoutsession)",
    "orders": "SELECT count(*) FROM shop_order WHERE status = 'placed'",
    "order_lines": "SELECT count(*) FROM shop_orderline",
}
ADDRESS = {
    "email": "ada@example.org",
    "name": "Ada Byron",
    "street": "Harbour Street 1",
    "postcode": "20457",
    "city": "Hamburg",
    "country": "DE",
}


class Ours(Contender):
    """The product in its production form."""

    name = "ours"
    table = "checkout_checkoutsession"
    redis_database = 2
    events_wait = "EXISTS (SELECT FROM checkout_checkoutoutbox WHERE sent_at IS NULL)"
    threads = 0  # of each worker; 0: as the settings say

    def prepare(self) -> None:
        """Migrate and stock the shop. Raises ImproperlyConfigured when Django runs already."""
        os.environ |= {"DATABASE_URL": self.url, "REDIS_URL": self.redis}
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _stock()

    def load(self, count: int) -> list[str]:
        """Started as a web process starts them, and due only when they are submitted."""
        from checkout.application.ports.inbound.start_checkout_port import StartCheckout
        from checkout.bootstrap import build

        self.loaded += count
        start = build(scheduler=_Silent()).start.start
        carts = _carts(plain.baskets(count, self.loaded))
        ids = [str(start(StartCheckout(cart=cart)).id) for cart in carts]
        self._due(ids, "now() + interval '1 day'")
        from django.db import connection

        connection.close()
        return ids

    def command(self) -> list[str]:
        """Huey's consumer as the documentation starts it."""
        threads = ["-w", str(self.threads)] if self.threads else []
        return python("manage.py", "run_huey", *threads)

    def environment(self) -> dict[str, str]:
        """The project's settings with an instant provider."""
        return {"DJANGO_SETTINGS_MODULE": SETTINGS}

    def submit(self, ids: Sequence[str]) -> None:
        """Due now, and the bell."""
        from checkout.bootstrap import services
        from checkout.domain.value_objects.checkout_id import parse_checkout_id

        self._due(ids, "now()")
        scheduler: Any = services().start._scheduler
        for checkout in ids:
            scheduler.ring(parse_checkout_id(checkout))

    def by_hand(self, ids: Sequence[str], database: str) -> None:
        """Do what a worker's task does, here and in turn; `database` is the way to the database.

        Nobody else works meanwhile, so that whatever is counted belongs to these checkouts.
        """
        from django.db import connection

        from checkout.adapters.inbound.connections import kept_connections
        from checkout.adapters.inbound.tasks import look_at

        direct = connection.settings_dict
        connection.settings_dict = {**direct, "PORT": _port(database)}
        self._due(ids, "now()")
        for one in ids:
            with kept_connections():
                look_at(one, "system:worker")
        connection.close()
        connection.settings_dict = direct

    def facts(self) -> dict[str, int]:
        """Counted in the product's and the shop's tables."""
        return {name: self._number(sql) for name, sql in VERIFY.items()}

    def _due(self, ids: Sequence[str], when: str) -> None:
        sql = f"UPDATE checkout_checkoutsession SET due_at = {when} WHERE id = ANY(%s)"
        self.connection.execute(sql.encode(), [list(ids)])


def _port(url: str) -> int:
    return urlsplit(url).port or 5432


class _Silent:
    """SchedulerPort that does not ring: the checkouts are only loaded."""

    def ring(self, checkout_id: object) -> None:
        """Nobody hears it."""


def _stock() -> None:
    from project.shop.models import Product, StockItem

    Product.objects.bulk_create(
        Product(sku=sku, name=f"Article {sku}", price=500 + number, picture="shop/mug.svg")
        for number, sku in enumerate(plain.SKUS)
    )
    StockItem.objects.bulk_create(
        StockItem(product_id=sku, on_hand=plain.STOCK) for sku in plain.SKUS
    )


def _carts(baskets: Sequence[Sequence[tuple[str, int]]]) -> list[str]:
    from project.shop.models import Cart, CartLine, Product

    known = dict(Product.objects.values_list("sku", "id"))
    carts = [Cart(id=uuid.uuid4(), **ADDRESS) for _ in baskets]
    Cart.objects.bulk_create(carts)
    CartLine.objects.bulk_create(
        CartLine(cart=cart, product_id=known[sku], quantity=units)
        for cart, basket in zip(carts, baskets, strict=True)
        for sku, units in basket
    )
    return [str(cart.id) for cart in carts]
