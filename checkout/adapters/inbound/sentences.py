"""A refusal in the words of its reader.

Core and shop say no in one language, maybe hours before somebody reads it. The sentence is looked up
in the catalogues of messages, of checkout as of the shop. One with gaps comes with its text in the
detail: `Refused("out_of_stock", "Mug is sold out.", text="%(name)s is sold out.", name="Mug")`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from checkout.adapters.inbound.web.amounts import in_words
from checkout.domain.exceptions import Refused


def told(refusal: Refused) -> str:
    """What a refusal says, in the active language."""
    return sentence(refusal.message, refusal.detail)


def sentence(message: str, detail: Mapping[str, Any]) -> str:
    """The same of a stored failure. What cannot be filled in stays as it was said."""
    text = detail.get("text")
    if not isinstance(text, str):
        return gettext(message)
    try:
        return gettext(text) % {name: _shown(value) for name, value in detail.items()}
    except (KeyError, TypeError, ValueError):
        return message


def _shown(value: Any) -> Any:
    """Money as the language writes it; a name is looked up too, as a shop may have it translated."""
    if isinstance(value, Mapping) and {"amount", "currency"} <= value.keys():
        return in_words(value["amount"], value["currency"])
    return gettext(value) if isinstance(value, str) else value
