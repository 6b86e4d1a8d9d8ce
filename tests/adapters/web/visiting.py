"""A shopper's browser without scripts: it reads pages and sends the forms that it finds there."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from checkout.adapters.inbound.access import OWNER

_ROOT = re.compile(r'<section id="checkout-progress"[^>]*?data-version="(\d+)" data-state="(\w+)"')
_FORM = re.compile(r'<form[^>]*? action="([^"]+)"[^>]*>(.*?)</form>', re.S)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_TAGS = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Shown:
    """A page or fragment as it came: its status, headers and text."""

    response: Any

    @property
    def html(self) -> str:
        """The source."""
        return str(self.response.content.decode())

    @property
    def text(self) -> str:
        """What a person reads, with single spaces."""
        return " ".join(html.unescape(_TAGS.sub(" ", self.html)).split())

    @property
    def state(self) -> str:
        """The state that the fragment shows."""
        return str(_ROOT.findall(self.html)[0][1])

    @property
    def version(self) -> int:
        """The version that the fragment shows."""
        return int(_ROOT.findall(self.html)[0][0])

    @property
    def heading(self) -> str:
        """The heading of the page."""
        return self._inside("h1")

    @property
    def title(self) -> str:
        """The title of the page."""
        return self._inside("title")

    @property
    def money(self) -> str:
        """The money line, and its kind in front."""
        found = re.findall(r'<p class="money-line money-line--(\w+)">(.*?)</p>', self.html, re.S)
        assert len(found) == 1, "the money line is always there, once"
        return f"{found[0][0]}: {' '.join(_TAGS.sub('', found[0][1]).split())}"

    @property
    def commands(self) -> set[str]:
        """The commands that have a form on this page."""
        actions = [action for action, _ in _FORM.findall(self.html)]
        return {a.rstrip("/").rsplit("/", 1)[-1] for a in actions if a.startswith("/checkout/")}

    @property
    def steps(self) -> list[tuple[str, bool]]:
        """The steps as (status, is the current one)."""
        items = re.findall(r'<li class="step step--(\w+)"( aria-current="step")?>', self.html)
        return [(status, bool(current)) for status, current in items]

    @property
    def primary(self) -> list[str]:
        """The buttons and links that stand out."""
        found = re.findall(r'class="(button[^"]*)"[^>]*>(.*?)</(?:a|button)>', self.html, re.S)
        loud = [words for kind, words in found if "quiet" not in kind and "danger" not in kind]
        return [_TAGS.sub("", words).strip() for words in loud]

    def _inside(self, tag: str) -> str:
        found = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", self.html, re.S)
        return " ".join(html.unescape(_TAGS.sub("", found[0])).split())


@dataclass
class Visitor:
    """One browser. `owner` is its owner id, and `carts` are those that the shop takes for its own."""

    owner: str = ""
    carts: tuple[str, ...] = ()
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def __post_init__(self) -> None:
        session = self.client.session
        session["carts"] = list(self.carts)
        if self.owner:
            session[OWNER] = self.owner
        session.save()
        self.client.cookies["sessionid"] = str(session.session_key)

    def see(self, path: str, **headers: str) -> Shown:
        """Open a page, and follow where it leads."""
        return Shown(self.client.get(path, headers=headers, follow=True))

    def progress(self, checkout: Any) -> Shown:
        """Open the progress page."""
        return self.see(reverse("checkout:progress", args=[checkout]))

    def fragment(self, checkout: Any) -> Shown:
        """Ask for the fragment, as the page does when its socket is away."""
        return self.see(reverse("checkout:progress", args=[checkout]), HX_Request="true")

    def submit(self, checkout: Any, kind: str, follow: bool = True) -> Shown:
        """Press the button of a form that the progress page has."""
        page = self.progress(checkout).html
        for action, inside in _FORM.findall(page):
            if action.endswith(f"/{kind}/"):
                token = _TOKEN.findall(inside)[0]
                sent = {"csrfmiddlewaretoken": token}
                return Shown(self.client.post(action, sent, follow=follow))
        raise AssertionError(f"There is no form for {kind}.")

    def send(self, path: str, data: dict[str, str] | None = None, **headers: str) -> Shown:
        """Send a form that no page offered, with a valid CSRF token."""
        self.client.cookies["csrftoken"] = token = "c" * 32
        sent = {**headers, "X-CSRFToken": token}
        return Shown(self.client.post(path, data or {}, headers=sent))
