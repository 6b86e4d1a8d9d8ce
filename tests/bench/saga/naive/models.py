"""The slim tables as models, with the steps as django-fsm transitions."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django_fsm import FSMField, transition


class Slim(models.Model):
    """A table that is there already."""

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True
        app_label = "naive"
        managed = False


class Checkout(Slim):
    """The truth, with its state."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    cart_id = models.UUIDField()
    state = FSMField(default="started")
    version = models.IntegerField(default=1)
    snapshot: Any = models.JSONField(null=True)
    total = models.IntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(Slim.Meta):
        abstract = False
        db_table = "checkout"

    def __str__(self) -> str:
        return str(self.id)

    @transition(field=state, source="started", target="cart_frozen")
    def freeze_cart(self) -> None:
        """Step 1."""

    @transition(field=state, source="cart_frozen", target="inventory_reserved")
    def reserve_inventory(self) -> None:
        """Step 2."""

    @transition(field=state, source="inventory_reserved", target="awaiting_payment")
    def initiate_payment(self) -> None:
        """Step 3."""

    @transition(field=state, source="awaiting_payment", target="payment_confirmed")
    def confirm_payment(self) -> None:
        """Step 4."""

    @transition(field=state, source="payment_confirmed", target="completed")
    def finalize_order(self) -> None:
        """Step 5."""


class Product(Slim):
    """An article."""

    sku = models.TextField(primary_key=True)
    name = models.TextField()
    price = models.IntegerField()

    class Meta(Slim.Meta):
        abstract = False
        db_table = "product"

    def __str__(self) -> str:
        return self.name


class CartLine(Slim):
    """How many of one product."""

    cart_id = models.UUIDField()
    product = models.ForeignKey(Product, on_delete=models.CASCADE, db_column="sku")
    quantity = models.IntegerField()

    class Meta(Slim.Meta):
        abstract = False
        db_table = "cart_line"

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product.pk}"


class Stock(Slim):
    """How many there are."""

    sku = models.TextField(primary_key=True)
    on_hand = models.IntegerField()

    class Meta(Slim.Meta):
        abstract = False
        db_table = "stock"

    def __str__(self) -> str:
        return self.sku


class Progress(Slim):
    """What a page shows."""

    checkout_id = models.UUIDField(primary_key=True)
    version = models.IntegerField()
    state = models.TextField()
    body = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(Slim.Meta):
        abstract = False
        db_table = "progress"

    def __str__(self) -> str:
        return str(self.checkout_id)


class Outbox(Slim):
    """An event."""

    checkout_id = models.UUIDField()
    sequence = models.IntegerField()
    name = models.TextField()
    data = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta(Slim.Meta):
        abstract = False
        db_table = "outbox"

    def __str__(self) -> str:
        return self.name


class Reservation(Slim):
    """A hold."""

    checkout_id = models.UUIDField()
    sku = models.TextField()
    quantity = models.IntegerField()

    class Meta(Slim.Meta):
        abstract = False
        db_table = "reservation"

    def __str__(self) -> str:
        return self.sku


class Payment(Slim):
    """The money."""

    checkout_id = models.UUIDField(unique=True)
    amount = models.IntegerField()
    status = models.TextField()

    class Meta(Slim.Meta):
        abstract = False
        db_table = "payment"

    def __str__(self) -> str:
        return self.status


class Order(Slim):
    """What was bought."""

    checkout_id = models.UUIDField(unique=True)
    total = models.IntegerField()
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta(Slim.Meta):
        abstract = False
        db_table = "orders"

    def __str__(self) -> str:
        return str(self.checkout_id)


class OrderLine(Slim):
    """One line of it."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    sku = models.TextField()
    quantity = models.IntegerField()
    unit_price = models.IntegerField()
    total = models.IntegerField()

    class Meta(Slim.Meta):
        abstract = False
        db_table = "order_line"

    def __str__(self) -> str:
        return self.sku
