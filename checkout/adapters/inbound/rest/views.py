"""The REST API of a checkout. A POST stores a command and rings; no port is called in a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import parse_etags, url_has_allowed_host_and_scheme
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from checkout.adapters.inbound import limits, starting
from checkout.adapters.inbound.access import Actor, actor_of, authorised, owner_id_of
from checkout.adapters.inbound.client_address import client_address
from checkout.adapters.inbound.rest import contract
from checkout.adapters.inbound.rest.asking import BearerOrCookie, SmallJsonParser
from checkout.adapters.inbound.rest.problems import exception_handler
from checkout.adapters.inbound.rest.representation import (
    etag_of,
    page_url,
    progress_of,
    represent,
)
from checkout.adapters.inbound.rest.serializers import (
    AbortSerializer,
    StartSerializer,
    SummarySerializer,
)
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.use_cases.start_checkout import hashed
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId

MOST_KEY = 200


class CheckoutView(APIView):
    """What all of them have in common, whatever the host's REST framework settings say."""

    authentication_classes = [BearerOrCookie]
    permission_classes = []
    throttle_classes = []
    renderer_classes = [JSONRenderer]
    parser_classes = [SmallJsonParser]
    metadata_class = None
    http_method_names = ["get", "head", "post"]

    def get_exception_handler(self) -> Callable[..., Response]:
        """Problems, also in a host that answers otherwise elsewhere."""
        return exception_handler

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Nobody keeps a copy of a checkout."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        return final


def http(request: Request) -> HttpRequest:
    """Django's request inside REST framework's."""
    return request._request


class StartView(CheckoutView):
    """POST /checkouts."""

    @contract.start
    def post(self, request: Request) -> Response:
        """Start a checkout of a cart, or get the one that this cart has already."""
        key = idempotency_key(request, required=True)
        asked = StartSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        cart = starting.canonical(said["cart_id"])
        return_url = allowed_return_url(said.get("return_url"), http(request))
        actor = actor_of(http(request))
        prove(http(request), actor, cart, said.get("cart_token", ""))
        owner, address = owning(http(request), actor), client_address(http(request))
        started = starting.start(owner, cart, return_url, key, address)
        shown = represent(progress_of(started.id), http(request))
        body = {**shown, "token": started.token}
        status = 201 if started.created else 200
        return Response(body, status, headers={"Location": shown["links"]["self"]})


class ShowView(CheckoutView):
    """GET /checkouts/{id}."""

    @contract.show
    def get(self, request: Request, checkout_id: str) -> Response:
        """How far this checkout is."""
        view = progress_of(authorised(actor_of(http(request)), checkout_id))
        etag = etag_of(view)
        known = parse_etags(request.headers.get("If-None-Match", ""))
        if "*" in known or etag in {tag.removeprefix("W/") for tag in known}:
            return Response(status=304, headers={"ETag": etag})
        return Response(represent(view, http(request)), headers={"ETag": etag})


class SummaryView(CheckoutView):
    """GET /checkouts/{id}/summary."""

    @contract.summary
    def get(self, request: Request, checkout_id: str) -> Response:
        """The receipt. There is none before the checkout is completed or aborted."""
        known = authorised(actor_of(http(request)), checkout_id)
        summary = services().queries.summary(known)
        if summary is None:
            raise Refused("not_finished", "This checkout is not finished yet.")
        return Response(SummarySerializer(summary).data)


class CommandView(CheckoutView):
    """POST /checkouts/{id}/<kind>: an inbox row and a bell."""

    kind = ""

    def submit(self, request: Request, checkout_id: str, **payload: Any) -> Response:
        """202 with the checkout as it is before the command is applied."""
        actor = actor_of(http(request))
        known = authorised(actor, checkout_id)
        status = self.hand_in(request, actor, self.command(request, actor, known, payload))
        view = progress_of(known)
        return Response(represent(view, http(request)), status, headers={"ETag": etag_of(view)})

    def command(
        self, request: Request, actor: Actor, checkout_id: CheckoutId, payload: dict[str, Any]
    ) -> Command:
        """The command; the same Idempotency-Key makes it the same message."""
        key = idempotency_key(request)
        message_id = hashed(f"{checkout_id}:{self.kind}:{key}") if key else ""
        said = {**payload, "as_shopper": True}
        return Command(checkout_id, self.kind, actor.name, message_id, said)

    def hand_in(self, request: Request, actor: Actor, command: Command) -> int:
        """The status of the answer. Raises Refused."""
        limits.submit(command, actor, client_address(http(request)))
        return 202


class ConfirmView(CommandView):
    """The shopper is back from the payment page."""

    kind = "confirm"

    @contract.confirm
    def post(self, request: Request, checkout_id: str) -> Response:
        """Ask the provider now what became of the payment."""
        return self.submit(request, checkout_id)


class RetryView(CommandView):
    """Another payment attempt."""

    kind = "retry"

    @contract.retry
    def post(self, request: Request, checkout_id: str) -> Response:
        """Pay in another way, when the provider has closed the payment unpaid."""
        return self.submit(request, checkout_id)


class ExtendView(CommandView):
    """More time."""

    kind = "extend"

    @contract.extend
    def post(self, request: Request, checkout_id: str) -> Response:
        """Hold the goods, and the time to pay, a little longer."""
        return self.submit(request, checkout_id)


class AbortView(CommandView):
    """Cancel."""

    kind = "abort"

    @contract.abort
    def post(self, request: Request, checkout_id: str) -> Response:
        """Cancel the checkout and give everything back."""
        authorised(actor_of(http(request)), checkout_id)
        asked = AbortSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.submit(request, checkout_id, reason=asked.validated_data.get("reason", ""))

    def hand_in(self, request: Request, actor: Actor, command: Command) -> int:
        """Cancelling twice is no mistake: 202 while it is being undone, 200 when it is over."""
        try:
            return super().hand_in(request, actor, command)
        except Refused as no:
            if no.code != "already_aborted":
                raise
        return 200 if progress_of(command.checkout_id).final else 202


def idempotency_key(request: Request, *, required: bool = False) -> str:
    """The Idempotency-Key, quoted or not. Raises ValidationError when it is missing or odd."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if required and not key:
        raise exceptions.ValidationError({"Idempotency-Key": ["This header is required."]})
    if len(key) > MOST_KEY or not (key.isascii() and key.isprintable()):
        text = f"At most {MOST_KEY} printable ASCII characters."
        raise exceptions.ValidationError({"Idempotency-Key": [text]})
    return key


def prove(request: HttpRequest, actor: Actor, cart: str, cart_token: str) -> None:
    """Raises Refused(`cart_not_found`) unless the cart is the asker's.

    With a bearer header only the cart's token counts, since cookies say nothing then.
    """
    by_cookie = actor.by_cookie or bool(cart_token)
    if not by_cookie or not services().prove_cart(request, cart, cart_token):
        raise Refused("cart_not_found", "There is no such cart.")


def owning(request: HttpRequest, actor: Actor) -> Actor:
    """The actor with an owner id, made now for a browser that has a session but none yet."""
    if not actor.by_cookie or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return Actor(None, "", actor.user_id)
    return Actor(None, owner_id_of(request.session, create=True), actor.user_id)


def allowed_return_url(url: str | None, request: HttpRequest) -> str:
    """An absolute address on this host or a host that the shop named. Raises ValidationError."""
    if not url:
        return page_url("{id}", request)
    hosts = {request.get_host(), *settings.CHECKOUT.get("RETURN_HOSTS", [])}
    if not url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure()):
        text = "Only addresses of this shop are allowed."
        raise exceptions.ValidationError({"return_url": [text]})
    return request.build_absolute_uri(url).replace("%7Bid%7D", "{id}")
