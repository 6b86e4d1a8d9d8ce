"""`POST /webhooks/payments/{provider}/`: what providers tell us is verified, stored and rung for.

Nothing is decided here. The answer is 2xx only after the message is committed, so that a provider
that hears nothing, or an error, sends it again.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from checkout.adapters.inbound.client_address import client_address
from checkout.adapters.inbound.problems import problem, problem_of, problem_response
from checkout.application.ports.inbound.confirm_checkout_port import ProviderCall
from checkout.bootstrap import services
from checkout.domain.exceptions import BadSignature, CheckoutError, Refused

MOST_BYTES = 64 * 1024
security = logging.getLogger("checkout.security")


@csrf_exempt
@transaction.non_atomic_requests
def payments(request: HttpRequest, provider: str) -> HttpResponse:
    """202 for a new message, 200 for one that we know, a problem for what is not a message."""
    if request.method != "POST":
        no = problem("method_not_allowed", 405, "Use POST.")
        return problem_response(no, Allow="POST")
    if provider not in settings.CHECKOUT.get("PROVIDERS", ["simulated"]):
        return problem_response(problem("unknown_provider", 404, "There is no such provider."))
    try:
        fresh = services().desk.receive(_call(request, provider))
    except CheckoutError as error:
        if isinstance(error, BadSignature):
            address = client_address(request)
            security.warning("webhook refused: bad signature (%s, from %s)", provider, address)
        return problem_response(problem_of(error))
    return HttpResponse(status=202 if fresh else 200)


def _call(request: HttpRequest, provider: str) -> ProviderCall:
    """The message as it came. Raises Refused(`too_large`) before it is held in memory."""
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Refused("too_large", f"A message has at most {MOST_BYTES} bytes.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return ProviderCall(provider, headers, body)
