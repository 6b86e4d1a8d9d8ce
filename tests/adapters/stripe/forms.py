"""Form bodies as Stripe's libraries write them: `metadata[key]=value`, `line_items[0][quantity]=1`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl


def unfold(form: str) -> dict[str, Any]:
    """A form as nested dicts; a list is a dict by its indexes, as on the wire. All leaves are text."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        first, *inner = name.replace("]", "").split("[")
        place, last = found, first
        for part in inner:
            place = place.setdefault(last, {})
            last = part
        place[last] = value
    return found


def leaves(form: dict[str, Any], under: str = "") -> dict[str, str]:
    """The same, flat: `line_items.0.quantity` → `1`."""
    flat: dict[str, str] = {}
    for name, value in form.items():
        path = f"{under}.{name}" if under else name
        flat.update(leaves(value, path) if isinstance(value, dict) else {path: value})
    return flat
