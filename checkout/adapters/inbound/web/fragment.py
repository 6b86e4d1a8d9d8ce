"""The one fragment that page, socket and POST answers share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.html import format_html
from django.utils.translation import get_language

from checkout.adapters.inbound.web.amounts import active_locale, in_words
from checkout.adapters.inbound.web.screen import Screen, screen
from checkout.adapters.inbound.web.stepper import ShownStep
from checkout.application.ports.outbound.checkout_queries_port import ProgressView

RECEIPTS_KEPT, STEPS_KEPT, ADDRESSES_KEPT = 1024, 256, 64
ANY = str(UUID(int=0))
VIEW = tuple(each.name for each in fields(ProgressView))


def context_of(shown: Screen) -> dict[str, Any]:
    """The template context of a screen, with the parts that seldom change as HTML.

    A cart is frozen once and shown many times, and the steps of all shoppers are alike: so they are
    kept, by all that they are made of. Screen and view are dicts here, in which a template looks
    first: an attribute is only tried after an exception, and there are dozens in a fragment. `here` is
    the address of the page; those of its commands and of its receipt begin with it.
    """
    language, view = get_language() or "", shown.view
    shows_cart = view.cart or view.state == "started"
    return {
        "screen": {**vars(shown), "step_words": shown.step_words, "title": shown.title},
        "view": {**{name: getattr(view, name) for name in VIEW}, "final": view.final},
        "here": _address(get_script_prefix(), get_urlconf(), language).replace(ANY, str(view.id)),
        "steps": _steps(shown.steps, language),
        "receipt": _receipt(json.dumps(view.cart), language) if shows_cart else "",
    }


@lru_cache(ADDRESSES_KEPT)
def _address(_prefix: str, _urlconf: str | None, _language: str) -> str:
    """Where pages are, with a name that stands for any: finding it out takes long."""
    return reverse("checkout:progress", args=[ANY])


@lru_cache(STEPS_KEPT)
def _steps(steps: tuple[ShownStep, ...], language: str) -> str:
    return render_to_string("checkout/_steps.html", {"steps": steps})


@lru_cache(RECEIPTS_KEPT)
def _receipt(cart: str, language: str) -> str:
    return render_to_string("checkout/_receipt.html", {"receipt": receipt(json.loads(cart))})


def render_fragment(view: ProgressView, request: HttpRequest | None = None) -> tuple[str, Screen]:
    """HTML of the fragment and the screen it shows. Forms carry a CSRF token only with a request."""
    shown = screen(view)
    context = context_of(shown)
    return render_to_string("checkout/_progress.html", context, request=request), shown


def announcement(shown: Screen) -> str:
    """What is spoken about this screen: an out-of-band swap into a region that stands already."""
    region = "say-now" if shown.alert else "say"
    return format_html('<div id="{}" hx-swap-oob="innerHTML">{}</div>', region, shown.say)


def receipt_page(shown: Screen, summary: Mapping[str, Any]) -> dict[str, Any]:
    """The template context of the page that is kept and printed."""
    finished = summary["finished_at"]
    return {
        **context_of(shown),
        "summary": summary,
        "receipt": receipt(summary if summary["lines"] else None),
        "address": address(summary["delivery"]),
        "finished_at": datetime.fromisoformat(finished) if finished else None,
    }


def address(delivery: Mapping[str, Any]) -> list[str]:
    """The lines of a postal address, from a shop's delivery details; codes of methods are left out.

    Understood are `name`, `company`, `street`, `postcode`, `city` and `country` (ISO 3166 code).
    """
    country = str(delivery.get("country", ""))
    town = f"{delivery.get('postcode', '')} {delivery.get('city', '')}".strip()
    lines = [str(delivery.get(part, "")) for part in ("name", "company", "street")]
    return [
        line for line in (*lines, town, active_locale().territories.get(country, country)) if line
    ]


def receipt(cart: Any) -> dict[str, Any] | None:
    """A frozen cart with its amounts in words; None while there is none."""
    if not cart:
        return None
    currency = cart["currency"]

    def priced(items: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
        return [{**item, "shown": in_words(item[name], currency)} for item in items]

    return {
        "lines": priced(cart["lines"], "total"),
        "discounts": priced(cart["discounts"], "amount"),
        "charges": priced(cart["charges"], "amount"),
        "total": in_words(cart["total"], currency),
    }
