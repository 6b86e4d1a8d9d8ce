"""Everything that changes a payment. Each change is one conditional UPDATE and the event about it.

Call these inside a transaction. Of two requests at the same moment the database lets one win; the
other gets NotPossible or Refused and changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import BooleanField, Case, F, Q, Value, When
from django.utils import timezone

from project.provider.conf import conf
from project.provider.errors import ApiError, NotPossible, Refused
from project.provider.events import AT_ONCE, record
from project.provider.models import Payment, Refund, Timer

Stage = Payment.Stage
CLOSABLE = (Stage.OPEN, Stage.CHALLENGE, Stage.SILENT)


def find(payment_id: str) -> Payment:
    """The payment. Raises ApiError 404."""
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        raise ApiError(404, "payment_not_found", f"There is no payment {payment_id[:60]!r}.")
    return payment


def _change(payment_id: str, condition: Q, **changes: Any) -> Payment:
    """Change the payment if `condition` holds now. Raises NotPossible when it does not."""
    if not Payment.objects.filter(condition, pk=payment_id).update(**changes):
        raise NotPossible(payment_id)
    return Payment.objects.get(pk=payment_id)


def move(payment_id: str, source: str, target: str) -> Payment:
    """From one stage to the next, with no event. Raises NotPossible."""
    return _change(payment_id, Q(stage=source), stage=target)


def set_timer(payment: Payment, kind: str, seconds: float, refund: Refund | None = None) -> None:
    """Let `kind` happen to the payment in `seconds`, even if this process dies meanwhile."""
    due_at = timezone.now() + timedelta(seconds=seconds)
    Timer.objects.create(payment=payment, kind=kind, due_at=due_at, refund=refund)


def authorise(
    payment_id: str, source: str, deliver: tuple[float, ...] = AT_ONCE, **changes: Any
) -> Payment:
    """The bank says yes. `changes` may name another `authorised` amount, a currency and so on.

    `deliver` says after how many seconds each copy of the event is sent. Raises NotPossible.
    """
    told = {"stage": Stage.AUTHORISED, "authorised": F("amount"), "closed": F("close_asked")}
    told |= {"error_code": "", "error_message": ""}
    payment = _change(payment_id, Q(stage=source), **(told | changes))
    record(payment, "payment.authorised", deliver)
    return payment


def fail(
    payment_id: str,
    source: str,
    error: tuple[str, str],
    *,
    final: bool = False,
    deliver: tuple[float, ...] = AT_ONCE,
) -> Payment:
    """The bank says no, with `error` = (code, sentence). Open for another card unless `final`."""
    changes: dict[str, Any] = (
        {"stage": Stage.CLOSED, "closed": True} if final else {"stage": Stage.OPEN}
    )
    payment = _change(
        payment_id, Q(stage=source), error_code=error[0], error_message=error[1], **changes
    )
    record(payment, "payment.failed", deliver)
    return payment


def close(payment_id: str) -> Payment:
    """The shopper can pay no more; moves no money. A bank that is still deciding is waited for."""
    still_paid = When(stage=Stage.AUTHORISED, then=Value(True))
    Payment.objects.filter(pk=payment_id, close_asked=False).update(
        close_asked=True,
        closed=Case(still_paid, default=F("closed"), output_field=BooleanField()),
    )
    try:
        return shut(payment_id, Q(stage__in=CLOSABLE))
    except NotPossible:
        return find(payment_id)


def shut(payment_id: str, condition: Q, error: tuple[str, str] = ("", "")) -> Payment:
    """Close an unpaid payment for which `condition` holds. Raises NotPossible."""
    changes = {"error_code": error[0], "error_message": error[1]} if error[0] else {}
    payment = _change(payment_id, condition, stage=Stage.CLOSED, closed=True, **changes)
    record(payment, "payment.closed")
    return payment


def capture(payment_id: str, amount: int) -> Payment:
    """Take `amount` of the authorised money, once; what is left over is let go.

    Raises Refused when nothing is authorised, or less than that, or it was taken already.
    """
    enough = Q(captured=0, voided=0, authorised__gte=amount)
    try:
        payment = _change(
            payment_id, enough, captured=amount, voided=F("authorised") - amount, closed=True
        )
    except NotPossible:
        raise _no_capture(find(payment_id), amount) from None
    record(payment, "payment.captured")
    return payment


def _no_capture(payment: Payment, amount: int) -> Refused:
    """Why it cannot be captured."""
    if payment.captured:
        return Refused(409, "already_captured", "This payment was captured before.")
    if payment.voided:
        return Refused(409, "already_voided", "This payment was voided; nothing can be captured.")
    if not payment.authorised:
        return Refused(409, "not_authorised", "This payment is not authorised.")
    return Refused(409, "amount_too_large", f"Only {payment.authorised} of {amount} is authorised.")


def void(payment_id: str) -> Payment:
    """Let the authorised money go. Raises Refused when there is none, or it was captured."""
    held = Q(captured=0, voided=0, authorised__gt=0)
    try:
        payment = _change(payment_id, held, voided=F("authorised"), closed=True)
    except NotPossible:
        raise _no_void(find(payment_id)) from None
    record(payment, "payment.voided")
    return payment


def _no_void(payment: Payment) -> Refused:
    """Why it cannot be voided."""
    if payment.captured:
        return Refused(409, "already_captured", "This payment was captured: refund it instead.")
    if payment.voided:
        return Refused(409, "already_voided", "This payment was voided before.")
    return Refused(409, "not_authorised", "This payment is not authorised.")


def refund(payment_id: str, key: str, amount: int) -> Payment:
    """Ask for `amount` to be given back; it counts when decided. Raises Refused if too much."""
    payment = find(payment_id)
    enough = Q(captured__gte=F("refunded") - F("refund_failed") + F("refund_open") + amount)
    try:
        payment = _change(payment_id, enough, refund_open=F("refund_open") + amount)
    except NotPossible:
        left = payment.captured - payment.returned - payment.refund_open
        raise Refused(409, "amount_too_large", f"Only {max(left, 0)} can be refunded.") from None
    asked = Refund.objects.create(payment=payment, key=key, amount=amount)
    if conf().refund_seconds > 0:
        set_timer(payment, Timer.Kind.DECIDE_REFUND, conf().refund_seconds, asked)
        return payment
    return decide_refund(asked)


def decide_refund(asked: Refund) -> Payment:
    """Succeed or fail, as the payment was told to, once. Raises NotPossible when decided before."""
    fails = Payment.objects.filter(pk=asked.payment_id, refunds_to_fail__gt=0).update(
        refunds_to_fail=F("refunds_to_fail") - 1
    )
    status = Refund.Status.FAILED if fails else Refund.Status.SUCCEEDED
    if not Refund.objects.filter(pk=asked.pk, status=Refund.Status.PENDING).update(status=status):
        raise NotPossible(asked.payment_id)
    changes: dict[str, Any] = {"refunded": F("refunded") + asked.amount}
    if fails:
        changes["refund_failed"] = F("refund_failed") + asked.amount
    open_now = F("refund_open") - asked.amount
    payment = _change(asked.payment_id, Q(), refund_open=open_now, **changes)
    record(payment, "refund.failed" if fails else "payment.refunded")
    return payment
