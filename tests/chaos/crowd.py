"""Many shoppers at the same time, each with one purchase after the other."""

from __future__ import annotations

import threading
from collections import Counter
from random import Random

from tests.chaos.buyers import Buyer, GaveUp, Purchase, new_client
from tests.chaos.kinds import KINDS
from tests.e2e.ledgers import Ledgers

PLENTY = ("MUG-TIDE", "BOWL-DUNE", "CANDLE-PINE")
SCARCE = "VASE-REED"  # as many as the shop was filled with: most who want it come too late
STOCK = 100_000
COUPONS = {"CHAOS10": 25, "FIVER": 15}  # of a hundred carts
CHAOS_USES = 120


class Crowd:
    """Keeps `shoppers` threads buying from `begin` to `leave`. `purchases` is what they did."""

    def __init__(self, sites: list[str], shoppers: int, window: float, seed: int) -> None:
        self.sites, self.window, self.seed = sites, window, seed
        self.purchases: list[Purchase] = []
        self.answers: Counter[int] = Counter()
        self.gave_up = 0
        self._leaving = threading.Event()
        self._threads = [
            threading.Thread(target=self._buy, args=(n,), daemon=True) for n in range(shoppers)
        ]

    def begin(self) -> None:
        """Start buying."""
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """No new purchases; return when everybody has gone."""
        self._leaving.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _buy(self, number: int) -> None:
        random = Random(f"{self.seed}:{number}")
        weights = [kind.weight for kind in KINDS.values()]
        with new_client() as http:
            while not self._leaving.wait(random.uniform(0.0, 0.3)):
                kind = random.choices(list(KINDS), weights)[0]
                buyer = Buyer(http, self.sites, kind, random, self.answers, self.window)
                self.purchases.append(buyer.purchase)
                try:
                    self._one(buyer, random)
                except GaveUp:
                    self.gave_up += 1

    def _one(self, buyer: Buyer, random: Random) -> None:
        skus = random.sample(PLENTY, random.choice((1, 1, 2)))
        lines = {sku: random.randint(1, 3) for sku in skus}
        if random.random() < 0.02:
            lines[SCARCE] = 1
        coupons = [code for code, share in COUPONS.items() if random.random() * 100 < share]
        buyer.place(lines, coupons[:1])
        KINDS[buyer.purchase.kind].act(buyer)
        if random.random() < 0.5:
            buyer.command("confirm")
        if random.random() < 0.3:
            buyer.wait_for_end(5.0)


def stock_up(ledgers: Ledgers) -> None:
    """So many products that all can buy, and a coupon that only the first can use."""
    for sku in PLENTY:
        ledgers.stock(sku, STOCK)
    ledgers.rows(
        "INSERT INTO shop_coupon (code, label, kind, value, minimum, uses, active)"
        " VALUES ('CHAOS10', 'for the first', 'percentage', 10, 0, ?, ?)",
        CHAOS_USES,
        True,
    )
