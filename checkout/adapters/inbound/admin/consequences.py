"""What a command would lead to, in sentences, from the engine's rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from checkout.adapters.inbound.web.amounts import in_words
from checkout.domain.checkout import Checkout
from checkout.read_models.checkout_progress import money
from checkout.sagas.rehearsal import Deed, Outlook

ASSUMED = (
    "This is what the engine does when every neighbour says yes and the provider has nothing newer"
    " to say than what it told us last."
)
SAID: dict[str, str] = {
    "carts.snapshot": "Ask the shop for the cart; what is in it is known only then",
    "carts.close": "Close the cart",
    "carts.reopen": "Give the basket back to the shopper",
    "coupons.claim": "Claim the coupons {codes}",
    "coupons.redeem": "Spend the coupons {codes}",
    "coupons.release": "Give back the coupons {codes}",
    "inventory.reserve": "Hold {units}",
    "inventory.extend": "Hold {units} for longer",
    "inventory.commit": "Take {units} out of stock for good",
    "inventory.release": "Release {units}",
    "orders.place": "Place the order",
    "orders.cancel": "Cancel the order {order}",
    "payments.initiate": "Create a payment of {amount}",
    "payments.lookup": "Ask the provider for the facts",
    "payments.close": "Close the payment, so that nobody can pay any more",
    "payments.capture": "Take {amount}",
    "payments.void": "Let go of {amount} that is reserved on the card",
    "payments.refund": "Refund {amount}",
}


@dataclass(frozen=True)
class Consequences:
    """Sentences in their order, and how it is afterwards. `certain` as in Outlook."""

    sentences: list[str]
    state: str
    money: str
    certain: bool


def consequences(outlook: Outlook, words: Callable[[str], str]) -> Consequences:
    """The outlook for a reader. `words` names a money status."""
    checkout = outlook.checkout
    sentences = [_said(deed, checkout) for deed in outlook.deeds]
    if outlook.events:
        sentences.append(_told(outlook.events))
    mailed = [name for name in settings.CHECKOUT.get("MAILED_EVENTS", ()) if name in outlook.events]
    if mailed:
        sentences.append(f"The shop mails the shopper ({', '.join(mailed)})")
    after = money(checkout)
    amount = in_words(after["amount"], after["currency"]) if after["amount"] else ""
    line = f"{words(after['status'])} {amount}".strip()
    return Consequences(sentences, str(checkout.state), line, outlook.certain)


def _said(deed: Deed, checkout: Checkout) -> str:
    snapshot = checkout.snapshot
    count = sum(line.quantity for line in snapshot.lines) if snapshot else 0
    said: dict[str, Any] = {
        "amount": in_words(deed.amount, checkout.currency or None),
        "units": "1 unit" if count == 1 else f"{count} units",
        "codes": ", ".join(snapshot.coupons) if snapshot else "",
        "order": checkout.order,
    }
    return SAID.get(deed.call, deed.call).format(**said)


def _told(events: list[str]) -> str:
    count = "1 event" if len(events) == 1 else f"{len(events)} events"
    return f"Send {count}: {', '.join(events)}"
