"""checkout_progress: what a shopper's page, the socket and the API show. A fold of the checkout.

Nothing here is stored anywhere else, and nothing here is decided: `project` can be run again at any
time from session, effects and history and gives the same.
"""

from __future__ import annotations

from typing import Any

from checkout.application.use_cases import payment_doubt
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.domain.value_objects.checkout_step import CheckoutStep, StepStatus
from checkout.sagas.checkout_saga import FLOW

PAYMENT_STEPS = ("initiate_payment", "await_payment_result")


def project(checkout: Checkout) -> dict[str, Any]:
    """The read model of one checkout, without its version: plain JSON values."""
    failure = checkout.failure
    return {
        "state": checkout.state.value,
        "steps": [step.to_json() for step in steps(checkout)],
        "money": money(checkout),
        "payment": _payment(checkout),
        "failure": (
            {"code": failure.code, "message": failure.message, "detail": failure.detail}
            if failure
            else None
        ),
        "order": checkout.order or None,
        "expires_at": _expires_at(checkout),
        "extensions": checkout.extensions,
        "attention": checkout.needs_attention,
    }


def _expires_at(checkout: Checkout) -> str | None:
    if checkout.state != CheckoutState.AWAITING_PAYMENT or checkout.deadline_at is None:
        return None
    return checkout.deadline_at.isoformat()


def _payment(checkout: Checkout) -> dict[str, Any]:
    attempt = checkout.payment
    acting = checkout.state == CheckoutState.AWAITING_PAYMENT and not attempt.facts.closed
    return {
        "attempt": checkout.generation,
        "action": attempt.action if acting and attempt.action.get("type") == "redirect" else None,
        "closed": attempt.facts.closed,
        "error": attempt.facts.error or None,
    }


def money(checkout: Checkout) -> dict[str, Any]:
    """The money line: one status and the amount it speaks of, in minor units (ux.md, feature 3)."""
    facts = [attempt.facts for attempt in checkout.payments.values()]
    captured = sum(f.captured for f in facts)
    kept = sum(f.kept for f in facts)
    held = sum(f.uncaptured for f in facts)
    status, amount = "not_charged", 0
    if captured and kept > checkout.due:
        status, amount = "refunding", kept - checkout.due
    elif kept:
        status, amount = "charged", kept
    elif captured:
        status, amount = "refunded", captured
    elif payment_doubt.in_doubt(checkout):
        status = "checking"
    elif held:
        status, amount = "authorised", held
    return {"status": status, "amount": amount, "currency": checkout.currency or None}


def steps(checkout: Checkout) -> list[CheckoutStep]:
    """Every row of the table with its status and times, from the history."""
    return [_step(checkout, step.name, step.state) for step in FLOW]


def _step(checkout: Checkout, name: str, state: CheckoutState) -> CheckoutStep:
    entered = [p for p in checkout.history if p.target == state and p.source != state]
    left = [p for p in checkout.history if p.source == state and p.target != state]
    if name in PAYMENT_STEPS and any(p.edge == "skip_payment" for p in checkout.history):
        return CheckoutStep(name, StepStatus.SKIPPED)
    if not entered:
        return CheckoutStep(name, StepStatus.PENDING)
    if checkout.state == state:
        return CheckoutStep(name, StepStatus.RUNNING, entered[-1].at)
    status = _ended(checkout, left[-1].target) if left else StepStatus.PENDING
    return CheckoutStep(name, status, entered[-1].at, left[-1].at if left else None)


def _ended(checkout: Checkout, target: str) -> StepStatus:
    if target == CheckoutState.ABORTING:
        return StepStatus.FAILED
    return StepStatus.UNDONE if checkout.state == CheckoutState.ABORTED else StepStatus.DONE
