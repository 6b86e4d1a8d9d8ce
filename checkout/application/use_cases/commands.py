"""Commands and provider messages: what each may do in which state, and what it then does.

The same judgement is used twice: when a command is accepted (so that the asker gets a clear no at
once) and when the engine applies it (because the checkout may have moved in between).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from checkout.application.decisions import Move
from checkout.application.port_call import Moment
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.application.use_cases import audit_money, reserve_inventory, settle_money
from checkout.application.use_cases.confirm_payment import CLOSE
from checkout.application.use_cases.finalize_order import PLACE
from checkout.domain.checkout import Checkout, Failure
from checkout.domain.effect import Outcome
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_state import FORWARD_STATES, CheckoutState

AWAITING, CONFIRMED = CheckoutState.AWAITING_PAYMENT, CheckoutState.PAYMENT_CONFIRMED
Judge = Callable[[Checkout, dict[str, Any], Moment], None]


def judge(checkout: Checkout, kind: str, payload: dict[str, Any], moment: Moment) -> None:
    """May this command be applied now? Raises Refused with a code and a sentence when not."""
    if kind not in _JUDGES:
        raise Refused("unknown_command", f"There is no command {kind!r}.")
    expected = payload.get("expected_version")
    if expected is not None and expected != checkout.version:
        text = "The checkout changed while you looked. Look again, then decide."
        raise Refused("version_conflict", text, version=checkout.version)
    _JUDGES[kind](checkout, payload, moment)


def _always(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    """Asking the provider again is never wrong."""


def _unless_held(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    if checkout.on_hold:
        raise Refused("on_hold", "Staff holds this checkout: it has to be resumed first.")


def _may_hold(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    if checkout.state.is_final:
        raise Refused("already_ended", f"This checkout is {checkout.state} already.")
    if checkout.on_hold:
        raise Refused("on_hold", "Staff holds this checkout already.")


def _may_resume(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    if not checkout.on_hold:
        raise Refused("not_on_hold", "Nobody holds this checkout.")


def _may_annotate(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    if not str(payload.get("reason", "")).strip():
        raise Refused("empty_note", "A note says something.")


def _may_abort(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    if checkout.state in (CONFIRMED, CheckoutState.COMPLETED):
        raise Refused(
            "too_late",
            "It is too late to cancel: the payment went through and the order is being placed.",
        )
    if checkout.state in (CheckoutState.ABORTING, CheckoutState.ABORTED):
        raise Refused("already_aborted", "This checkout is cancelled already.")


def _may_retry(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    _unless_held(checkout, payload, moment)
    facts = checkout.payment.facts
    if checkout.state != AWAITING:
        raise Refused("not_awaiting_payment", "There is no payment to try again now.")
    if facts.paid or not facts.closed:
        raise Refused("payment_still_open", "The current payment is still open: use its page.")
    if checkout.deadline_at is None or checkout.deadline_at <= moment.now:
        raise Refused("too_late", "The time to pay is over.")
    if checkout.generation >= moment.policy.max_generations:
        raise Refused("too_many_attempts", "There were too many payment attempts.")


def _may_extend(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    """The limit is the shopper's: staff (`unlimited`) may hold stock for as long as they answer for."""
    _unless_held(checkout, payload, moment)
    if checkout.state != AWAITING:
        raise Refused("not_awaiting_payment", "There is nothing to extend now.")
    if checkout.deadline_at is None or checkout.deadline_at <= moment.now:
        raise Refused("too_late", "The time to pay is over.")
    asked = len(checkout.named(reserve_inventory.EXTEND_FOR_SHOPPER))
    if asked >= moment.policy.max_extensions and not payload.get("unlimited"):
        raise Refused("too_many_extensions", "Your items cannot be held any longer.")


def _may_refund(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    if checkout.state != CheckoutState.COMPLETED:
        text = "Only the money of a placed order is given back by order; any other goes by itself."
        raise Refused("nothing_to_refund", text)
    amount, most = payload.get("amount"), settle_money.refundable(checkout)
    if type(amount) is not int or not 0 < amount <= most:
        text = f"Between 1 and {most} minor units can be given back now."
        raise Refused("bad_amount" if most else "nothing_to_refund", text, most=most)


def _may_force(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    _unless_held(checkout, payload, moment)
    refusal = force_refusal(checkout, str(payload.get("edge", "")))
    if refusal:
        raise Refused("edge_not_possible", refusal)
    late = checkout.deadline_at is not None and checkout.deadline_at <= moment.now
    if late and payload.get("edge") == "force_retry_payment":
        raise Refused("too_late", "The time to pay is over: another attempt would end at once.")


def force_refusal(checkout: Checkout, edge: str) -> str:
    """Why this force edge cannot be taken from here; empty when it can (design §3)."""
    if edge == "force_abort":
        if checkout.state not in FORWARD_STATES:
            return f"A checkout that is {checkout.state} cannot be aborted any more."
        if checkout.effect(PLACE) is not None:
            return "The order may exist already: from here it only goes forward."
        return ""
    if edge == "force_retry_payment":
        return "" if checkout.state == AWAITING else "Only a waiting payment can be started again."
    return f"There is no force transition {edge!r}."


def _may_ask_for_link(checkout: Checkout, payload: dict[str, Any], moment: Moment) -> None:
    if checkout.snapshot is None or not checkout.snapshot.buyer.get("email"):
        raise Refused("no_mail_address", "There is no e-mail address for this order.")


_JUDGES: dict[str, Judge] = {
    "confirm": _always,
    "payment": _always,
    "late": _always,
    "audit": _always,
    "limit": _always,
    "recheck": _unless_held,
    "retry_now": _unless_held,
    "abort": _may_abort,
    "retry": _may_retry,
    "extend": _may_extend,
    "refund": _may_refund,
    "link": _may_ask_for_link,
    "force": _may_force,
    "hold": _may_hold,
    "resume": _may_resume,
    "annotate": _may_annotate,
}


def apply(checkout: Checkout, message: InboxMessage, moment: Moment) -> Move | None:
    """Apply a message to the working copy; the edge to take, if it takes one.

    Raises Refused when it may not be applied now; nothing is changed then.
    """
    judge(checkout, message.kind, dict(message.payload), moment)
    return _APPLY[message.kind](checkout, message, moment)


def _ask_now(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    """A message is a hint: the provider is asked, and its facts decide (failures.md C1-C9)."""
    for attempt in checkout.payments.values():
        attempt.ask_at = moment.now


def _retry_now(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    _ask_now(checkout, message, moment)
    checkout.attempt = 0
    if checkout.needs_attention in ("retrying", "bug"):
        checkout.needs_attention = ""  # any other flag is not about trying again: it stays
    for effect in checkout.effects.values():
        effect.retry_at = None


def _abort(checkout: Checkout, message: InboxMessage, moment: Moment) -> Move:
    by_shopper = not message.actor.startswith("user:") or bool(message.payload.get("as_shopper"))
    code = "cancelled_by_shopper" if by_shopper else "cancelled_by_staff"
    text = "You cancelled this checkout." if by_shopper else "The shop cancelled this checkout."
    reason = _reason(message)
    return Move("start_compensation", Failure(code, text, checkout.state), reason=reason)


def _retry(checkout: Checkout, message: InboxMessage, moment: Moment) -> Move:
    return Move("retry_payment", reason="another payment attempt")


def _extend(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    name = reserve_inventory.EXTEND_FOR_SHOPPER
    waiting = [e.arguments["deadline"] for e in checkout.named(name) if e.open]
    begun = [checkout.deadline_at or moment.now, *map(datetime.fromisoformat, waiting)]
    deadline = max(begun) + moment.policy.seconds("extension")
    until = deadline + moment.policy.seconds("grace")
    said = reserve_inventory.extension(checkout, until)
    number = checkout.next_generation(name)
    checkout.intend(name, number, {**said, "deadline": deadline.isoformat()}, moment.now)


def _refund(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    settle_money.order_refund(checkout, message.payload["amount"], moment)


def _force(checkout: Checkout, message: InboxMessage, moment: Moment) -> Move | None:
    reason = _reason(message)
    if message.payload["edge"] == "force_abort":
        text = "The shop cancelled this checkout."
        failure = Failure("cancelled_by_staff", text, checkout.state)
        return Move("force_abort", failure, reason=reason)
    close = checkout.intend(CLOSE, checkout.generation, {"then": "retry"}, moment.now)
    close.arguments = {**close.arguments, "then": "retry", "reason": reason}
    return None


def _hold(checkout: Checkout, message: InboxMessage, moment: Moment) -> Move:
    checkout.on_hold = True
    return Move("hold", reason=_reason(message))


def _resume(checkout: Checkout, message: InboxMessage, moment: Moment) -> Move:
    """Time went on while nobody asked: the provider is asked before anything is judged."""
    checkout.on_hold = False
    _ask_now(checkout, message, moment)
    return Move("resume", reason=_reason(message))


def _annotate(checkout: Checkout, message: InboxMessage, moment: Moment) -> Move:
    return Move("annotate", reason=_reason(message))


def _reason(message: InboxMessage) -> str:
    return str(message.payload.get("reason", ""))


def _audit(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    """The audit read without a lease: what it says is judged again here (failures.md H1, M2)."""
    checkout.needs_attention = audit_money.flagged(checkout, moment)


def _limit(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    """A note for staff: somebody tries many payments here (failures.md K4)."""
    checkout.needs_attention = checkout.needs_attention or "many_attempts"


def _nothing(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    """It only has something told (`announcing.ASKED_FOR`)."""


def _late(checkout: Checkout, message: InboxMessage, moment: Moment) -> None:
    """An answer that came after its fence was lost: what was undone meanwhile stands again.

    So does what was refused meanwhile to whoever asked under the same key. Not so a payment: it is
    left to its provider, which as a rule keeps what it has answered to a key.
    """
    effect = checkout.effect(str(message.payload["name"]), int(message.payload["generation"]))
    if effect is None:
        return
    refused = effect.outcome == Outcome.REFUSED and not effect.name.startswith("payments.")
    if refused or effect.outcome == Outcome.UNDONE:
        effect.outcome = Outcome.DONE


_APPLY: dict[str, Callable[[Checkout, InboxMessage, Moment], Move | None]] = {
    "confirm": _ask_now,
    "payment": _ask_now,
    "recheck": _ask_now,
    "late": _late,
    "audit": _audit,
    "limit": _limit,
    "retry_now": _retry_now,
    "abort": _abort,
    "retry": _retry,
    "extend": _extend,
    "refund": _refund,
    "link": _nothing,
    "force": _force,
    "hold": _hold,
    "resume": _resume,
    "annotate": _annotate,
}
