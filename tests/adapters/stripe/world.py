"""The small world of one checkout, with the real adapter and the emulator as its provider."""

from __future__ import annotations

from dataclasses import replace

from checkout.adapters.outbound.payments.stripe import StripePayments
from checkout.application.port_call import Ports
from checkout.testing.proof.world import World
from tests.adapters.stripe.books import Books
from tests.adapters.stripe.proxy import INTENTS, StripeProxy

TOTAL = 2990
BACK = "https://shop.example/checkout/"
BOUGHT = Books(payments=1, open=0, held=0, charged=TOTAL, returned=0)


class StripeWorld(World):
    """A world whose provider is the adapter, in front of the emulator."""

    def __init__(self, payments: StripePayments) -> None:
        super().__init__()
        self.stripe = payments

    @property
    def ports(self) -> Ports:
        """The neighbours, Stripe among them."""
        return replace(super().ports, payments=self.stripe)


def in_the_dashboard(proxy: StripeProxy, world: World) -> None:
    """Somebody takes the money in Stripe's own pages, before the order."""
    reference = world.checkout.payment.reference
    session = proxy.sessions.sessions.get(reference)
    intent = session["payment_intent"] if session else reference
    proxy.client.post(f"{INTENTS}/{intent}/capture").raise_for_status()
