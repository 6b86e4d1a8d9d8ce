"""Reading the JSON body of `POST /api/v1/carts`: every mistake gets its own sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from project.shop.delivery import ADDRESS, PICKUP, DeliveryForm
from project.shop.models.carts import MAX_QUANTITY
from project.shop.problems import BadRequest

MAX_LINES = 50
MAX_CODES = 10


@dataclass
class CartRequest:
    """Units by sku, coupon codes, and the validated delivery details."""

    lines: dict[str, int]
    coupons: list[str] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)


def read_cart_request(body: bytes) -> CartRequest:
    """Understand the body. Raises BadRequest (400 when it is no JSON object, else 422)."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("malformed_json", "The body is not valid JSON.", 400) from None
    if not isinstance(data, dict):
        raise BadRequest("malformed_json", "The body must be a JSON object.", 400)
    return CartRequest(_lines(data.get("lines")), _codes(data.get("coupons")), _details(data))


def _lines(raw: Any) -> dict[str, int]:
    if not isinstance(raw, list) or not raw:
        raise BadRequest("bad_lines", "Send at least one line in `lines`.", field="lines")
    if len(raw) > MAX_LINES:
        raise BadRequest("bad_lines", f"A cart has at most {MAX_LINES} lines.", field="lines")
    units: dict[str, int] = {}
    for index, line in enumerate(raw):
        sku, quantity = _line(line, f"lines[{index}]")
        units[sku] = units.get(sku, 0) + quantity
    return units


def _line(line: Any, path: str) -> tuple[str, int]:
    if not isinstance(line, dict):
        raise BadRequest("bad_lines", "A line is an object with `sku` and `quantity`.", field=path)
    sku, quantity = line.get("sku"), line.get("quantity")
    if not isinstance(sku, str) or not sku or not sku.isprintable():
        raise BadRequest("unknown_sku", "Every line needs a `sku`.", field=f"{path}.sku")
    if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
        raise BadRequest(
            "bad_quantity",
            f"`quantity` must be a whole number from 1 to {MAX_QUANTITY}.",
            field=f"{path}.quantity",
        )
    return sku, quantity


def _codes(raw: Any) -> list[str]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(code, str) for code in raw):
        raise BadRequest("unknown_coupon", "`coupons` is a list of codes.", field="coupons")
    if len(raw) > MAX_CODES or not all(code.isprintable() for code in raw):
        raise BadRequest("unknown_coupon", "Those are not coupon codes.", field="coupons")
    return raw


def _details(data: dict[str, Any]) -> dict[str, str]:
    """The delivery details. Without any, the goods are collected and need no address."""
    address = data.get("address") or {}
    if not isinstance(address, dict):
        raise BadRequest("bad_details", "`address` is an object.", field="address")
    given = {"email": data.get("email"), "shipping": data.get("shipping") or PICKUP}
    given |= {key: address.get(key) for key in ADDRESS}
    for key, value in given.items():
        if value is not None and not (isinstance(value, str) and value.isprintable()):
            raise BadRequest("bad_details", f"`{key}` must be a line of text.", field=key)
    form = DeliveryForm(given)
    form.fields["email"].required = False
    for key, errors in form.errors.items():
        path = f"address.{key}" if key in ADDRESS else key
        raise BadRequest("bad_details", str(errors[0]), field=path)
    return dict(form.cleaned_data)
