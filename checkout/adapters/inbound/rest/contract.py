"""What the contract says about each address. contracts/apis/checkout.v1.yaml is made of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from checkout.adapters.inbound.problems import CONTENT_TYPE
from checkout.adapters.inbound.rest.serializers import (
    AbortSerializer,
    CheckoutSerializer,
    ProblemSerializer,
    StartedSerializer,
    StartSerializer,
    SummarySerializer,
)

ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200, 202, 304], description="The version."
)
KNOWN = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you have."
)
ID = OpenApiParameter("checkout_id", str, OpenApiParameter.PATH, description="The checkout's id.")
SECURITY: Any = [{"bearer": []}, {"session": []}]
START_SECURITY: Any = [{}, {"session": []}]  # the cart's token is in the body

PROBLEMS = {
    400: "The request is malformed; `errors` says by field what is wrong.",
    403: "A session cookie came without a CSRF token (`csrf_failed`).",
    404: "There is no such checkout, or it is not yours (`checkout_not_found`).",
    409: "Not as things stand; `code` says why.",
    413: "The body is larger than 64 kB.",
    415: "The body is not JSON.",
    422: "The Idempotency-Key came with another request before (`idempotency_key_reused`).",
    429: "Too many live checkouts (`too_many_checkouts`), or too many payments were begun in a short"
    " time (`cool_down`). See Retry-After.",
    503: "Nothing can be stored right now. See Retry-After.",
}


def problems(*statuses: int, **other: str) -> dict[Any, Any]:
    """The problems of an operation; `not_found` replaces the sentence of 404."""
    said = {**PROBLEMS, 404: other.get("not_found", PROBLEMS[404])}
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description=said[status])
        for status in statuses
    }


def key(required: bool, text: str) -> OpenApiParameter:
    """The Idempotency-Key header."""
    return OpenApiParameter(
        "Idempotency-Key", str, OpenApiParameter.HEADER, required=required, description=text
    )


def command(name: str, *statuses: int, body: Any = None, done: str = "") -> Any:
    """A POST on a checkout: accepted, to be applied by the engine."""
    accepted: dict[Any, Any] = {202: OpenApiResponse(CheckoutSerializer, description="Accepted.")}
    if done:
        accepted[200] = OpenApiResponse(CheckoutSerializer, description=done)
    return extend_schema(
        operation_id=f"{name}_checkout",
        tags=["checkouts"],
        auth=SECURITY,
        parameters=[ID, key(False, "Repeats with the same key count once."), ETAG],
        request=body,
        responses={**accepted, **problems(*statuses)},
    )


start = extend_schema(
    operation_id="start_checkout",
    tags=["checkouts"],
    auth=START_SECURITY,
    parameters=[
        key(
            True,
            "At most 200 printable ASCII characters, random; one key, one request. For another cart"
            " it can be used again after 24 hours.",
        ),
        OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[200, 201]),
    ],
    request=StartSerializer,
    responses={
        201: OpenApiResponse(StartedSerializer, description="Started."),
        200: OpenApiResponse(StartedSerializer, description="This cart's checkout, as it is."),
        **problems(
            *(400, 403, 404, 409, 413, 415, 422, 429, 503),
            not_found="The cart is unknown or not proven to be yours (`cart_not_found`).",
        ),
    },
)
show = extend_schema(
    operation_id="show_checkout",
    tags=["checkouts"],
    auth=SECURITY,
    parameters=[ID, KNOWN, ETAG],
    responses={
        200: OpenApiResponse(CheckoutSerializer, description="How far it is."),
        304: OpenApiResponse(description="Nothing has changed."),
        **problems(404, 503),
    },
)
summary = extend_schema(
    operation_id="summarise_checkout",
    tags=["checkouts"],
    auth=SECURITY,
    parameters=[ID],
    responses={
        200: OpenApiResponse(SummarySerializer, description="The receipt."),
        **problems(
            *(404, 503),
            not_found="Unknown or not yours (`checkout_not_found`), or not over (`not_finished`).",
        ),
    },
)
confirm = command("confirm", 400, 403, 404, 503)
retry = command("retry", 400, 403, 404, 409, 429, 503)
extend = command("extend", 400, 403, 404, 409, 503)
abort = command(
    *("abort", 400, 403, 404, 409, 413, 415, 503),
    body=AbortSerializer,
    done="It was cancelled before.",
)
