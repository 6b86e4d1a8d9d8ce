"""What of a template is words that nobody can translate."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_MARKED = re.compile(
    r"{% block main_class %}.*?{% endblock %}|{%\s*comment.*?endcomment\s*%}|{#.*?#}"
    r"|{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}",
    re.S,
)
_TAGS = re.compile(r"{%.*?%}|{{.*?}}", re.S)
_LETTERS = re.compile(r"[^\W\d_]{2,}")
SPOKEN = {"alt", "title", "aria-label", "placeholder"}
NOT_SPOKEN = {"code", "script", "style"}


class _Reader(HTMLParser):
    """Collects texts and spoken attributes that have letters in them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NOT_SPOKEN:
            self.inside.append(tag)
        self._take(*(value or "" for name, value in attrs if name in SPOKEN))

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self._take(data)

    def _take(self, *texts: str) -> None:
        self.found += [text.strip() for text in texts if _LETTERS.search(text)]


def unmarked(template: str) -> list[str]:
    """The texts of a template that stand there bare, read by people and by no catalogue."""
    reader = _Reader()
    reader.feed(_TAGS.sub("", _MARKED.sub("", template)))
    reader.close()
    return reader.found
