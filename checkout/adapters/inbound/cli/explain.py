"""`checkout explain ID`: where a checkout is, why it waits, until when, and who acts next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from checkout.adapters.inbound.web.amounts import in_words
from checkout.adapters.outbound.persistence.repositories.doctor_queries import (
    DoctorQueries,
    Dossier,
)
from checkout.application.use_cases import audit_money, settle_money
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect
from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.checkout_progress import money
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS, STEP_IN

HELP = "Say where a checkout is and why it waits."
MONEY = {
    "not_charged": "Nothing was charged.",
    "checking": "We asked the provider and have no answer: nobody knows yet whether it is charged.",
    "authorised": "{} is authorised, not taken.",
    "charged": "{} is taken.",
    "refunding": "{} is owed to the shopper and on its way back.",
    "refunded": "{} was taken and given back.",
}
ATTENTION = {
    "retrying": "a neighbour has not answered for many tries",
    "bug": "our own code failed on it again and again",
    "refund_failing": "the provider does not give the money back",
    "undo_refused": "a neighbour refused to take something back",
    "coupon_not_redeemed": "the order stands, but its coupon could not be spent",
    "amount_mismatch": "the payment did not match the frozen cart",
    "many_attempts": "somebody tries many payments in a short time: is it card testing?",
    **audit_money.REASONS,
    "capture_refused": "the money was approved and could then not be taken",
    "paid_too_late": "money came long after the time to pay, and goes back",
}


def arguments(parser: CommandParser) -> None:
    """The id."""
    parser.add_argument("id", help="The id of the checkout.")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print the sentences. Raises CommandError without such a checkout."""
    try:
        out.write("\n".join(explained(options["id"])))
    except LookupError as error:
        raise CommandError(str(error)) from error


def explained(text: str) -> list[str]:
    """Sentences about the checkout with this id. Raises LookupError with a sentence without one."""
    try:
        checkout_id = parse_checkout_id(text)
    except ValueError as error:
        raise LookupError(f"{text!r} is not the id of a checkout.") from error
    queries = DoctorQueries()
    found = queries.of([checkout_id])
    if not found:
        raise LookupError(f"There is no checkout {checkout_id}, or it moves too fast to be read.")
    return sentences(found[0])


def sentences(dossier: Dossier) -> list[str]:
    """Everything that is known about one checkout, most important first."""
    checkout = dossier.checkout
    if checkout is None:
        return [*_foreign(dossier), f"Its rows cannot be read: {dossier.unreadable}"]
    parts = (_where, _why, _who, _money, _attention, _troubles, _open, _unapplied)
    return [sentence for part in parts for sentence in part(dossier, checkout)]


def _where(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    age = _span((dossier.now - checkout.entered_at).total_seconds())
    yield f"Checkout {checkout.id} is {checkout.state}, version {checkout.version}, for {age}."
    if checkout.failure is not None:
        failure = checkout.failure
        yield f"It failed in {failure.state} with {failure.code}: {failure.message}"
    if checkout.order:
        yield f"Its order is {checkout.order}."


def _why(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    step = STEP_IN.get(checkout.state)
    if checkout.state == CheckoutState.AWAITING_PAYMENT:
        until = _at(checkout.deadline_at)
        yield f"It waits for payment attempt {checkout.generation}; the time to pay ends {until}."
        yield f"The stock is held until {_at(checkout.held_until)}."
    elif step is not None:
        yield f"It is doing {step.name}: {', '.join(step.calls)}, then {step.then}."
    elif checkout.state == CheckoutState.ABORTING:
        yield "What was begun is being undone, one call at a time, until it is done."
    elif settle_money.unsettled(checkout):
        yield "It is at its end, and money is still being given back."
    else:
        yield "It is at its end: nothing moves it any more."


def _who(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    foreign = _foreign(dossier)
    if foreign:
        yield from foreign
        return
    if dossier.lease_until is not None and dossier.lease_until > dossier.now:
        yield f"A worker is on it now, and has the lease until {_at(dossier.lease_until)}."
    if checkout.on_hold:
        yield "Staff holds it: nothing is done until it is resumed."
    elif dossier.due_at is None:
        yield "Nothing is due: only a message or a command would wake it."
    elif dossier.due_at <= dossier.now:
        late = _span((dossier.now - dossier.due_at).total_seconds())
        yield f"It is due for {late}: a worker acts next."
    else:
        shopper = checkout.state == CheckoutState.AWAITING_PAYMENT
        before = "The shopper acts next, or a worker looks" if shopper else "A worker looks"
        yield f"{before} again at {_at(dossier.due_at)}."


def _foreign(dossier: Dossier) -> list[str]:
    if dossier.definition_version in KNOWN_DEFINITIONS:
        return []
    return [f"Nobody here drives it: definition {dossier.definition_version} is not known."]


def _money(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    said = money(checkout)
    yield MONEY[said["status"]].format(in_words(said["amount"], said["currency"]))


def _attention(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    why = checkout.needs_attention
    if why:
        yield f"It asks for staff: {ATTENTION.get(why, why)} ({why})."
    if checkout.attempt:
        yield f"Unanswered tries in this state: {checkout.attempt}."


def _troubles(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    for effect in [e for e in checkout.effects.values() if e.error][-5:]:
        yield f"{_named(effect)} is {effect.outcome} after {_tries(effect)}: {_error(effect)}"


def _open(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    for effect in checkout.effects.values():
        if effect.open and not effect.error:
            again = f"; again at {_at(effect.retry_at)}" if effect.retry_at else ""
            yield f"{_named(effect)} has no answer yet after {_tries(effect)}{again}."


def _unapplied(dossier: Dossier, checkout: Checkout) -> Iterator[str]:
    for message in dossier.waiting:
        since = _at(message.received_at)
        yield f"Not applied yet: {message.kind} of {message.actor}, received {since}."


def _named(effect: Effect) -> str:
    return f"{effect.name} (generation {effect.generation})"


def _tries(effect: Effect) -> str:
    return "1 try" if effect.tries == 1 else f"{effect.tries} tries"


def _error(effect: Effect) -> str:
    return f"{effect.error.get('code', '')}: {effect.error.get('message', '')}"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "no set time"


def _span(seconds: float) -> str:
    """7 s, 3 min, 2 h, 5 days: one unit is enough to know what to think of it."""
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{max(seconds, 0) // size:.0f} {unit}"
    return f"{seconds // 86_400:.0f} days"
