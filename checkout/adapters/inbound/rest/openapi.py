"""The OpenAPI document of the API, made of the code. The committed one must be equal to it."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import patched_settings

# Given here, so that the contract does not depend on the settings of a host.
SETTINGS = {
    "TITLE": "Checkout",
    "DESCRIPTION": (
        "Takes a cart from Place order to a placed order or a clean refusal.\n\n"
        "Access: the bearer token that starting answers, or the session cookie of the browser that"
        " started (then every POST needs a CSRF token). To anybody else a checkout does not exist:"
        " 404. Amounts are integer minor units of an ISO 4217 currency. Errors are RFC 9457 problems."
        " A POST on a checkout is accepted (202) and applied by the engine; watch `version`."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "The checkout's token."},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        }
    },
}
FOLLOWING = (
    "show_checkout",
    "summarise_checkout",
    "confirm_checkout",
    "retry_checkout",
    "abort_checkout",
    "extend_checkout",
)


def document() -> dict[str, Any]:
    """The document as plain values."""
    patterns = [path("api/v1/", include("checkout.adapters.inbound.rest.urls"))]
    with patched_settings(SETTINGS):
        schema: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(
            request=None, public=True
        )
    started = schema["paths"]["/api/v1/checkouts"]["post"]["responses"]
    for status in ("200", "201"):
        started[status]["links"] = {
            name: {"operationId": name, "parameters": {"checkout_id": "$response.body#/id"}}
            for name in FOLLOWING
        }
    return schema


def as_yaml() -> str:
    """The document as it is committed."""
    text: bytes = OpenApiYamlRenderer().render(document(), renderer_context={})
    return text.decode()
