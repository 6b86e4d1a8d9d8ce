"""payment_doubt: since when nobody knows whether the shopper has paid, and when that is told.

Nothing is decided about the money here. Whoever may have left the page is told once, by an event,
that we are still asking; never before there was time to be answered.
"""

from __future__ import annotations

from datetime import datetime

from checkout.application.decisions import Wait
from checkout.application.port_call import Moment
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Effect, Outcome
from checkout.domain.value_objects.checkout_state import CheckoutState


def in_doubt(checkout: Checkout) -> bool:
    """We asked and were not answered, or undo what we have not seen closed: nobody may say "no"."""
    return _undoing_open(checkout) or _silent(checkout) or bool(_unanswered(checkout))


def since(checkout: Checkout) -> datetime | None:
    """The moment after which nothing is known for sure; None when it is known, or has ended.

    At a silent provider that is its last answer, else the first try of what has no answer.
    """
    took = any(attempt.facts.captured for attempt in checkout.payments.values())
    if checkout.state.is_final or took or not in_doubt(checkout):
        return None
    moments = [effect.intended_at for effect in _unanswered(checkout)]
    moments += [a.asked_at or a.begun_at for a in checkout.payments.values() if a.doubtful]
    if _undoing_open(checkout):
        moments.append(checkout.entered_at)
    return min((moment for moment in moments if moment), default=None)


def tell_at(checkout: Checkout, moment: Moment) -> datetime | None:
    """When the doubt is to be told; None when there is none, or it was told."""
    began = since(checkout)
    if began is None or checkout.doubt_told_at is not None:
        return None
    return began + moment.policy.seconds("doubt_after")


def is_due(checkout: Checkout, moment: Moment) -> bool:
    """Whether to tell it now."""
    at = tell_at(checkout, moment)
    return at is not None and at <= moment.now


def wake_for_it(checkout: Checkout, moment: Moment, wait: Wait) -> Wait:
    """The same wait, but not past the moment at which the doubt is to be told."""
    at = tell_at(checkout, moment)
    if at is None or at <= moment.now or (wait.until is not None and wait.until <= at):
        return wait
    return Wait(at)


def _undoing_open(checkout: Checkout) -> bool:
    begun = [e for e in checkout.named("payments.initiate") if e.outcome != Outcome.REFUSED]
    closed = [a for a in checkout.payments.values() if a.facts.closed or a.facts.paid]
    return checkout.state == CheckoutState.ABORTING and len(closed) < len(begun)


def _silent(checkout: Checkout) -> bool:
    return any(attempt.doubtful for attempt in checkout.payments.values())


def _unanswered(checkout: Checkout) -> list[Effect]:
    asked = [e for e in checkout.effects.values() if e.call.startswith("payments.") and e.tries]
    return [effect for effect in asked if effect.outcome == Outcome.UNKNOWN]
