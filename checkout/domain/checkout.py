"""One checkout as the flow sees it: the row, its journal and its payments, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from checkout.domain.value_objects.checkout_id import CheckoutId, effect_key
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.domain.value_objects.payment_facts import PaymentFacts

PASSING = ("retrying", "bug", "refund_failing")  # flags that go away when it works again
NOTES = ("many_attempts",)  # worth knowing, and nothing is wrong with this checkout


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a checkout failed: a code of the API, a sentence for the shopper, and where it was."""

    code: str
    message: str = ""
    state: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {
            "code": self.code,
            "message": self.message,
            "state": self.state,
            "detail": self.detail,
        }


@dataclass
class PaymentAttempt:
    """One generation of the payment. `ask_at` is when the provider is to be asked again."""

    generation: int
    reference: str = ""
    action: dict[str, str] = field(default_factory=dict)
    facts: PaymentFacts = field(default_factory=PaymentFacts)
    begun_at: datetime | None = None
    asked_at: datetime | None = None
    ask_at: datetime | None = None
    silent: int = 0  # lookups in a row without an answer

    @property
    def doubtful(self) -> bool:
        """True while the provider does not answer: the shopper is told that we are checking."""
        return self.silent > 0


@dataclass(frozen=True, slots=True)
class Passage:
    """One row of the history: a visible change, who made it, and when."""

    edge: str
    source: str
    target: str
    actor: str
    reason: str
    version: int
    at: datetime


@dataclass
class Checkout:
    """The working copy of a checkout. Only the engine stores what is changed here."""

    id: CheckoutId
    cart: str
    state: CheckoutState
    version: int
    created_at: datetime
    entered_at: datetime
    return_url: str = ""
    snapshot: CartSnapshot | None = None
    deadline_at: datetime | None = None
    held_until: datetime | None = None
    finished_at: datetime | None = None
    attempt: int = 0
    generation: int = 1
    extensions: int = 0
    failure: Failure | None = None
    needs_attention: str = ""
    doubt_told_at: datetime | None = None
    on_hold: bool = False  # by staff: nothing is done until they let it go on
    order: str = ""
    payments: dict[int, PaymentAttempt] = field(default_factory=dict)
    effects: dict[tuple[str, int], Effect] = field(default_factory=dict)
    history: list[Passage] = field(default_factory=list)

    @property
    def frozen(self) -> CartSnapshot:
        """The snapshot. Raises LookupError before the cart was frozen."""
        if self.snapshot is None:
            raise LookupError(f"Checkout {self.id} has no frozen cart yet.")
        return self.snapshot

    @property
    def total(self) -> int:
        """The frozen total in minor units; 0 before there is one."""
        return self.snapshot.total if self.snapshot else 0

    @property
    def payment(self) -> PaymentAttempt:
        """The current payment attempt; an empty one before it was begun."""
        return self.payments.get(self.generation) or PaymentAttempt(self.generation)

    @property
    def currency(self) -> str:
        """What the money that came is in; of the frozen cart when none came. Empty before both."""
        came = [a.facts.currency for a in self.payments.values() if a.facts.paid]
        return next(filter(None, reversed(came)), self.snapshot.currency if self.snapshot else "")

    @property
    def due(self) -> int:
        """What the shop may keep, in minor units: nothing without an order, else the total.

        What staff has ordered to be given back is no longer the shop's, from the order on.
        """
        if self.state in (CheckoutState.ABORTING, CheckoutState.ABORTED):
            return 0
        ordered = [e for e in self.named("payments.refund") if e.arguments.get("ordered")]
        return self.total - sum(effect.arguments["amount"] for effect in ordered)

    def flag(self, why: str) -> None:
        """Ask for staff. What passes by itself, or is a note, hides nothing that must be looked at."""
        if self.needs_attention in ("", *PASSING, *NOTES):
            self.needs_attention = why

    def effect(self, name: str, generation: int = 1) -> Effect | None:
        """The journal's entry for this call, if it was ever intended."""
        return self.effects.get((name, generation))

    def named(self, name: str) -> list[Effect]:
        """All generations of one effect, oldest first."""
        found = [effect for effect in self.effects.values() if effect.name == name]
        return sorted(found, key=lambda effect: effect.generation)

    def standing(self, name: str) -> Iterator[Effect]:
        """The generations of one effect that hold, or may hold, something."""
        return (effect for effect in self.named(name) if effect.standing)

    def intend(
        self, name: str, generation: int, arguments: dict[str, Any], now: datetime
    ) -> Effect:
        """Enter a call into the journal, or find it there with the arguments it was intended with."""
        found = self.effect(name, generation)
        if found is not None:
            return found
        key = effect_key(self.id, name, generation)
        effect = Effect(name, generation, key, arguments, intended_at=now)
        self.effects[name, generation] = effect
        return effect

    def mark_undone(self, key: str) -> None:
        """The effect with this key was given back."""
        for effect in self.effects.values():
            if effect.key == key and effect.standing:
                effect.outcome = Outcome.UNDONE

    def next_generation(self, name: str) -> int:
        """The generation after the last one of this effect."""
        return max((effect.generation for effect in self.named(name)), default=0) + 1
