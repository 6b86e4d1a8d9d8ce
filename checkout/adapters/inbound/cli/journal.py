"""S8, Q4: the journal of port calls against itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from checkout.adapters.inbound.cli.findings import Said
from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.application.policy import Policy
from checkout.application.use_cases import settle_money
from checkout.bootstrap import services
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.checkout_id import effect_key
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.sagas.calls import CALLS
from checkout.sagas.checkout_saga import UNDO

# May stay open after the end: money is settled then, and a longer hold no longer matters.
MAY_STAY_OPEN = ("payments.void", "payments.refund", "inventory.extend")
GIVEN_BACK = [call for call in UNDO if not call.startswith("payments.")]
SPARE_TRIES = 20  # for crashes, and for staff who press "Retry now"


def judge(dossier: Dossier, checkout: Checkout) -> Said:
    """Everything about the journal."""
    for effect in checkout.effects.values():
        for text in _contradictions(checkout, effect):
            yield "journal", f"{effect.key} {text}"
    for effect in _left_standing(dossier, checkout):
        yield "journal", f"{effect.key} stands, but it is aborted and nothing undoes it."
    captured = [e for e in checkout.named(settle_money.CAPTURE) if e.outcome == Outcome.DONE]
    kept = [e for e in captured if checkout.payments[e.generation].facts.kept]
    if len(kept) > 1:
        yield "journal", f"it was captured twice: {', '.join(effect.key for effect in kept)}."
    yield from _open_effects(checkout)
    yield from _storms(dossier, checkout, services().policy)


def _contradictions(checkout: Checkout, effect: Effect) -> Iterator[str]:
    if effect.key != effect_key(checkout.id, effect.name, effect.generation):
        yield f"is not the key of {effect.name}, generation {effect.generation}."
    if effect.call not in CALLS:
        yield "is a call that the flow does not have."
    if effect.intended_at is None:
        yield "was never intended."
    elif effect.answered_at is not None and effect.answered_at < effect.intended_at:
        yield "was answered before it was intended."
    elif effect.answered_at is not None and not effect.tries:
        yield "was answered without ever being called."
    others = {other.key for other in checkout.effects.values()}
    if effect.arguments.get("undoes", effect.key) not in others:
        yield "undoes what was never intended."
    if effect.outcome == Outcome.UNDONE and not _undone_by(checkout, effect):
        yield "is undone, but nothing has undone it."


def _undone_by(checkout: Checkout, effect: Effect) -> list[Effect]:
    undoing = [e for e in checkout.effects.values() if e.arguments.get("undoes") == effect.key]
    return [e for e in undoing if e.outcome == Outcome.DONE]


def _left_standing(dossier: Dossier, checkout: Checkout) -> Iterator[Effect]:
    """S2 in our own books. What came to life again after its undo is due, and undone once more."""
    if checkout.state != CheckoutState.ABORTED or (dossier.due_at or dossier.now) < dossier.now:
        return
    for effect in checkout.effects.values():
        undoing = [e for e in checkout.effects.values() if e.arguments.get("undoes") == effect.key]
        under_way = any(e.open or e.outcome == Outcome.REFUSED for e in undoing)
        if effect.name in GIVEN_BACK and effect.standing and not under_way:
            yield effect


def _open_effects(checkout: Checkout) -> Said:
    """Nothing but settling money is open after the end."""
    if not checkout.state.is_final:
        return
    for effect in checkout.effects.values():
        if effect.open and effect.call not in MAY_STAY_OPEN:
            yield "open_effect", f"{effect.key} is {effect.outcome}, but it is {checkout.state}."


def _storms(dossier: Dossier, checkout: Checkout, policy: Policy) -> Said:
    """More tries than the pauses between them leave room for."""
    for effect in checkout.effects.values():
        undoing = "undoes" in effect.arguments or effect.name in settle_money.REQUESTS
        longest = policy.longest_undo_pause if undoing else policy.longest_pause
        took = (effect.answered_at or dossier.now) - (effect.intended_at or dossier.now)
        room = SPARE_TRIES + took / timedelta(seconds=longest * 0.75)
        if effect.tries > room:
            yield "storm", f"{effect.key} was tried {effect.tries} times in {took}."
