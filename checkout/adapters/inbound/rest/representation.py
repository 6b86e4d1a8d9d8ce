"""A checkout as the API shows it: the read model, absolute addresses, and nothing more."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from checkout.adapters.inbound.rest.serializers import CheckoutSerializer
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.bootstrap import services
from checkout.domain.exceptions import UnknownCheckout
from checkout.domain.value_objects.checkout_id import CheckoutId

COMMANDS = ("confirm", "retry", "abort", "extend")


def progress_of(checkout_id: CheckoutId) -> ProgressView:
    """The read model. Raises UnknownCheckout when it is gone by now."""
    view = services().queries.progress(checkout_id)
    if view is None:
        raise UnknownCheckout(f"There is no checkout {checkout_id}.")
    return view


def represent(view: ProgressView, request: HttpRequest) -> dict[str, Any]:
    """Plain JSON values; only what the serializer names."""
    body = {**view.body, "payment": _payment(view.body["payment"], request)}
    shown = {
        **body,
        "id": view.id,
        "version": view.version,
        "state": view.state,
        "cart": view.cart,
        "links": links(str(view.id), request),
    }
    return dict(CheckoutSerializer(shown).data)


def etag_of(view: ProgressView) -> str:
    """A version is shown in one way only, so it can be the ETag."""
    return f'"{view.version}"'


def links(checkout_id: str, request: HttpRequest) -> dict[str, str]:
    """Absolute addresses, by what they are for."""
    api = request.build_absolute_uri(reverse("checkout_api:checkout", args=[checkout_id]))
    socket = request.build_absolute_uri(f"/ws/checkouts/{checkout_id}/")
    return {
        "self": api,
        "summary": f"{api}/summary",
        **{command: f"{api}/{command}" for command in COMMANDS},
        "page": page_url(checkout_id, request),
        "socket": socket.replace("http", "ws", 1),
    }


def page_url(checkout_id: str, request: HttpRequest) -> str:
    """The absolute address of the progress page; `{id}` may be given in the place of an id."""
    api = reverse("checkout_api:checkouts")
    root = request.build_absolute_uri(api.removesuffix("api/v1/checkouts"))
    return f"{root}checkout/{checkout_id}/"


def _payment(payment: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    action = payment["action"]
    if action is not None:
        action = {**action, "url": request.build_absolute_uri(action["url"])}
    return {**payment, "action": action}
