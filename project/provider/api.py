"""The API of the provider: JSON over HTTP, a bearer key, an Idempotency-Key on every POST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from project.provider import faults, ledger, reading
from project.provider.deliveries import ring
from project.provider.errors import ApiError, Refused
from project.provider.events import payment_json
from project.provider.idempotency import Effect, once
from project.provider.models import Payment, Timer


@method_decorator([csrf_exempt, transaction.non_atomic_requests], name="dispatch")
class ApiView(View):
    """Checks the API key, and answers every ApiError as JSON."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As `View.dispatch`, with errors as `{"error": {"code", "message"}}`."""
        try:
            reading.check_key(request)
            return super().dispatch(request, *args, **kwargs)
        except ApiError as error:
            return JsonResponse(error.to_json(), status=error.status)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """405 with the methods that are."""
        error = ApiError(405, "method_not_allowed", f"{request.method} is not possible here.")
        allowed = ", ".join(m.upper() for m in self.http_method_names if hasattr(self, m))
        return JsonResponse(error.to_json(), status=405, headers={"Allow": allowed})


class Payments(ApiView):
    """`v1/payments`: create one, or find one by the merchant's reference."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The payment with `?reference=`; 404 when there is none."""
        reference = request.GET.get("reference", "")
        if not reference:
            raise ApiError(400, "malformed", "Give a reference: /v1/payments?reference=…")
        return faults.suffer("lookup", lambda: _found_by(reference))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Create a payment: 201 with the payment."""
        content = reading.body_of(request)
        asked = reading.new_payment(content)
        return _run(request, "create", content, Effect(201, lambda: _create(asked)))


class OnePayment(ApiView):
    """`v1/payments/<id>`."""

    def get(self, request: HttpRequest, payment_id: str) -> HttpResponseBase:
        """The payment as it is now."""
        return faults.suffer("lookup", lambda: JsonResponse(payment_json(ledger.find(payment_id))))


class Action(ApiView):
    """`v1/payments/<id>/<action>`: close, capture, void or refund."""

    def post(self, request: HttpRequest, payment_id: str, action: str) -> HttpResponseBase:
        """Do it: 200 with the payment; 409 when it is refused."""
        content = reading.body_of(request)
        ledger.find(payment_id)
        run = _action(action, payment_id, content, reading.idempotency_key(request))
        return _run(request, action, content, Effect(200, run))


class Faults(ApiView):
    """`v1/faults`: make the next calls of one method go wrong."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Plan a fault: 201."""
        fault = faults.plan(reading.body_of(request))
        shown = {"method": fault.method, "mode": fault.mode, "count": fault.remaining}
        return JsonResponse({"id": fault.pk, **shown, "seconds": fault.seconds}, status=201)

    def delete(self, request: HttpRequest) -> HttpResponseBase:
        """Forget all faults."""
        return JsonResponse({"deleted": faults.clear()})


def _run(
    request: HttpRequest, method: str, content: dict[str, object], effect: Effect
) -> HttpResponseBase:
    """One idempotent call, spoilt by a fault if one was planned; then the deliveries are woken."""
    key = reading.idempotency_key(request)
    fingerprint = reading.fingerprint(request, content)

    def call() -> HttpResponse:
        answer = once(key, fingerprint, effect)
        ring()
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
        return JsonResponse(answer.body, status=answer.status, headers=headers)

    return faults.suffer(method, call)


def _found_by(reference: str) -> JsonResponse:
    payment = Payment.objects.filter(reference=reference).first()
    if payment is None:
        raise ApiError(404, "payment_not_found", "There is no payment with this reference.")
    return JsonResponse(payment_json(payment))


def _create(asked: reading.NewPayment) -> Payment:
    """A reference names one payment: another one under it would be a second charge."""
    payment, created = Payment.objects.get_or_create(
        reference=asked.reference,
        defaults={
            "amount": asked.amount,
            "currency": asked.currency,
            "digest": asked.digest,
            "return_url": asked.return_url,
        },
    )
    if not created:
        raise Refused(409, "reference_taken", "There is a payment with this reference.")
    if asked.expires_in is not None:
        ledger.set_timer(payment, Timer.Kind.EXPIRE, asked.expires_in)
    return payment


def _action(
    action: str, payment_id: str, content: dict[str, object], key: str
) -> Callable[[], Payment]:
    """What the last word of the address stands for."""
    if action == "close":
        return lambda: ledger.close(payment_id)
    if action == "void":
        return lambda: ledger.void(payment_id)
    amount = reading.amount_of(content)
    if action == "capture":
        return lambda: ledger.capture(payment_id, amount)
    return lambda: ledger.refund(payment_id, key, amount)
