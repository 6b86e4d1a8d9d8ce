"""Sentences that are written in one place and read in another.

A worker finds out that something is sold out; a shopper reads it later, perhaps in another language.
So a sentence keeps its text and its gaps apart, and its words are chosen when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from checkout.domain.exceptions import Refused
from project.shop.arithmetic import in_words


@dataclass(frozen=True)
class Sentence:
    """A text with gaps such as `%(code)s`, and what stands in them.

    A gap with `amount` and `currency` is money, written as the language of the reader has it.
    """

    text: str
    gaps: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = {name: _shown(value) for name, value in self.gaps.items()}
        return gettext(self.text) % shown if shown else gettext(self.text)

    def refusal(self, code: str, **detail: object) -> Refused:
        """The same as a port says it: checkout's pages find text and gaps in the detail."""
        if self.gaps:
            detail = {**detail, "text": self.text, **self.gaps}
        return Refused(code, str(self), **detail)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return in_words(value["amount"], value["currency"])
    return gettext(value) if isinstance(value, str) else value
