"""Fake neighbours that keep their promises, with ledgers that a test can read.

They are idempotent by key and leave tombstones, as the ports ask. `remote=True` makes a fake a
neighbour across the network: its calls are journalled as intended before they are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.cart_snapshot import CartSnapshot, SnapshotLine
from checkout.testing.builders import snapshot as build_snapshot
from checkout.testing.scripted import Scripted


class FakeCarts(Scripted):
    """Carts by id; `cart-1` exists. `prices` may be changed at any time, as in a real shop."""

    def __init__(self, remote: bool = False) -> None:
        super().__init__("carts", transactional=not remote)
        self.carts: dict[str, CartSnapshot] = {"cart-1": build_snapshot()}
        self.closed_by: dict[str, str] = {}
        self.tombstones: set[str] = set()

    def snapshot(self, key: str, cart: str) -> CartSnapshot:
        """The cart as it is priced now."""
        with self.call("snapshot", key):
            if cart not in self.carts:
                raise Refused("cart_not_found", "There is no such cart.")
            return self.carts[cart]

    def close(self, key: str, cart: str, snapshot: CartSnapshot) -> None:
        """Close the cart for this key."""
        with self.call("close", key):
            if key in self.tombstones:
                return
            if self.closed_by.get(cart, key) != key:
                raise Refused("cart_closed", "Somebody else is buying this cart.")
            if cart not in self.closed_by and _wish(self.carts[cart]) != _wish(snapshot):
                raise Refused("cart_changed", "The cart was changed. Look at it again.")
            self.closed_by[cart] = key

    def reopen(self, key: str, undoes: str, cart: str) -> None:
        """Open it again if it was closed by what is undone."""
        with self.call("reopen", key):
            self.tombstones.add(undoes)
            if self.closed_by.get(cart) == undoes:
                del self.closed_by[cart]


def _wish(cart: CartSnapshot) -> dict[str, int]:
    """What the shopper chose; what it costs is the shop's own business."""
    return {line.sku: line.quantity for line in cart.lines}


class FakeCoupons(Scripted):
    """Coupon uses by claim key; every code may be used `limit` times.

    `known` names the codes that exist; None: all do.
    """

    def __init__(self, remote: bool = False, limit: int = 1) -> None:
        super().__init__("coupons", transactional=not remote)
        self.limit = limit
        self.known: set[str] | None = None
        self.claims: dict[str, tuple[str, ...]] = {}
        self.redeemed: dict[str, str] = {}
        self.released: set[str] = set()

    def uses(self, code: str) -> int:
        """How often a code is claimed or spent."""
        return sum(code in codes for codes in self.claims.values())

    def claim(self, key: str, codes: Sequence[str], buyer: str) -> None:
        """Take one use of each code."""
        with self.call("claim", key):
            if key in self.claims or key in self.released:
                return
            for code in codes:
                if self.known is not None and code not in self.known:
                    raise Refused("coupon_invalid", f"There is no code {code}.", code=code)
            used_up = [code for code in codes if self.uses(code) >= self.limit]
            if used_up:
                raise Refused("coupon_invalid", f"{used_up[0]} is used up.", code=used_up[0])
            self.claims[key] = tuple(codes)

    def redeem(self, key: str, claim: str, order: str) -> None:
        """Spend what was claimed."""
        with self.call("redeem", key):
            if claim not in self.claims:
                raise Refused("coupon_invalid", "There is no such claim.")
            self.redeemed[claim] = order

    def release(self, key: str, undoes: str) -> None:
        """Give back what was claimed."""
        with self.call("release", key):
            self.released.add(undoes)
            self.claims.pop(undoes, None)
            self.redeemed.pop(undoes, None)


class FakeInventory(Scripted):
    """Stock by sku and holds by reservation key."""

    def __init__(self, remote: bool = False) -> None:
        super().__init__("inventory", transactional=not remote)
        self.stock: dict[str, int] = {"mug": 10, "bowl": 1}
        self.held: dict[str, dict[str, int]] = {}
        self.committed: dict[str, dict[str, int]] = {}
        self.until: dict[str, datetime] = {}
        self.released: set[str] = set()
        self.lapsed: set[str] = set()

    def free(self, sku: str) -> int:
        """Units that are neither held nor gone."""
        live = [lines for key, lines in self.held.items() if key not in self.lapsed]
        gone = list(self.committed.values())
        return self.stock.get(sku, 0) - sum(lines.get(sku, 0) for lines in live + gone)

    def reserve(self, key: str, lines: Sequence[SnapshotLine], until: datetime) -> None:
        """Hold all lines or none."""
        with self.call("reserve", key):
            if key in self.held or key in self.committed or key in self.released:
                return
            for item in lines:
                self._want(item.sku, item.quantity)
            self.held[key] = {item.sku: item.quantity for item in lines}
            self.until[key] = until

    def extend(self, key: str, reservation: str, until: datetime) -> None:
        """Hold on, or take a lapsed hold again."""
        with self.call("extend", key):
            if reservation in self.released or reservation not in self.held:
                return
            self._take_again(reservation)
            self.until[reservation] = max(until, self.until[reservation])

    def commit(self, key: str, reservation: str) -> None:
        """The held units leave the stock."""
        with self.call("commit", key):
            if reservation in self.released or reservation in self.committed:
                return
            if reservation not in self.held:
                raise Refused("out_of_stock", "Nothing is held.")
            self._take_again(reservation)
            self.committed[reservation] = self.held.pop(reservation)

    def release(self, key: str, undoes: str) -> None:
        """Give everything back, committed units too."""
        with self.call("release", key):
            self.released.add(undoes)
            self.held.pop(undoes, None)
            self.committed.pop(undoes, None)

    def _take_again(self, reservation: str) -> None:
        if reservation in self.lapsed:
            for sku, quantity in self.held[reservation].items():
                self._want(sku, quantity)
            self.lapsed.discard(reservation)

    def _want(self, sku: str, quantity: int) -> None:
        if self.free(sku) < quantity:
            text = f"{sku} is out of stock."
            raise Refused("out_of_stock", text, sku=sku, available=max(self.free(sku), 0))


class FakeOrders(Scripted):
    """Orders by key."""

    def __init__(self, remote: bool = False) -> None:
        super().__init__("orders", transactional=not remote)
        self.placed: dict[str, CartSnapshot] = {}
        self.cancelled: set[str] = set()

    @property
    def live(self) -> dict[str, CartSnapshot]:
        """Orders that were not cancelled."""
        return {key: snap for key, snap in self.placed.items() if key not in self.cancelled}

    def place(self, key: str, snapshot: CartSnapshot, payment: str) -> str:
        """Create the order once."""
        with self.call("place", key):
            if key in self.cancelled:
                raise Refused("order_refused", "This order was cancelled before it came.")
            self.placed.setdefault(key, snapshot)
            return f"order-{list(self.placed).index(key) + 1}"

    def cancel(self, key: str, undoes: str, reason: str) -> None:
        """Cancel it."""
        with self.call("cancel", key):
            self.cancelled.add(undoes)
