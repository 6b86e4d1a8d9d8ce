"""Are the names in CHECKOUT known, and do its numbers make sense together?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import fields
from math import isfinite
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage

from checkout.adapters.inbound.checks import limits
from checkout.adapters.inbound.checks.neighbours import PORTS, said
from checkout.adapters.inbound.checks.rules import finding
from checkout.adapters.inbound.health import MOST_SECONDS
from checkout.application.policy import Policy
from checkout.sagas.calls import CALLS
from checkout.sagas.checkout_saga import FLOW
from checkout.sagas.run import LEASE_MARGIN

NUMBERS = {field.name.upper(): field.default for field in fields(Policy) if field.init}
LISTS = ("EVENT_CONSUMERS", "MAILED_EVENTS", "ORIGINS", "RETURN_HOSTS", "PROVIDERS", "STYLESHEETS")
WORDS = ("CART_URL", "SHOP_URL")
COUNTS = ("ATTENTION_AFTER", "BUG_ATTEMPTS", "BULK_PER_SECOND", "MAX_GENERATIONS")
SWITCHES = ("MAILS_LINKS",)
MAY_BE_ZERO = ("MAX_EXTENSIONS",)
MOST_LIVE = 20
PATHS = ("PORTS", "PROVE_CART", "EVENT_PUBLISHER", "AUDITS")
NAMES = (*PATHS, *LISTS, *WORDS, *SWITCHES, "MAX_LIVE_PER_OWNER", "STRIPE", *NUMBERS, *limits.NAMES)
OF_CALLS = ("default", *PORTS, *CALLS, "payments.lookup")
# PAYMENT_WINDOW is the limit of the one, and what has an order is never given up (design §3).
OF_STEPS = tuple(s.name for s in FLOW if s.within and s.name != "await_payment_result")
APPS = ("channels", "django_htmx", "huey.contrib.djhuey", "django.contrib.sessions")


def check_names(**_: Any) -> list[CheckMessage]:
    """E005: nothing is misspelt."""
    found = list(_unknown("CHECKOUT", said(), NAMES))
    found += _unknown('CHECKOUT["WITHIN"]', _table("WITHIN"), OF_STEPS)
    found += _unknown('CHECKOUT["CALL_TIMEOUTS"]', _table("CALL_TIMEOUTS"), OF_CALLS)
    return found


def check_values(**_: Any) -> list[CheckMessage]:
    """E006: every value is of its kind."""
    wrong = [*_wrong_numbers(), *_wrong_words()]
    return [
        finding("E006", f"{name} is {value!r}, which is not {kind}.") for name, value, kind in wrong
    ]


def check_numbers(**_: Any) -> list[CheckMessage]:
    """E007: no two times contradict each other. Looked at once each of them is a number."""
    if any(_wrong_numbers()):
        return []
    values = {name.lower(): value for name, value in said().items() if name in NUMBERS}
    return [finding("E007", text) for text in _contradictions(Policy(**values))]


def check_apps(**_: Any) -> list[CheckMessage]:
    """E009: what the checkout stands on is switched on."""
    found = [
        finding("E009", f'INSTALLED_APPS lacks "{name}".')
        for name in APPS
        if not apps.is_installed(name)
    ]
    if not settings.USE_TZ:
        found.append(finding("E009", "USE_TZ is off, but every time of a checkout has a zone."))
    return found


def _table(name: str) -> dict[str, Any]:
    value = said().get(name, {})
    return value if isinstance(value, dict) else {}


def _unknown(where: str, given: Iterable[str], known: Iterable[str]) -> Iterator[CheckMessage]:
    known = list(known)
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(str(name), known, n=1)
        meant = f" Is {near[0]!r} meant?" if near else ""
        yield finding("E005", f"{where} has {name!r}, which nothing reads.{meant}")


def _wrong_numbers() -> Iterator[tuple[str, Any, str]]:
    for name in NUMBERS:
        if name not in said():
            continue
        value = said()[name]
        if name not in ("WITHIN", "CALL_TIMEOUTS"):
            yield from _wrong_number(name, value)
        elif isinstance(value, dict):
            for key, seconds in value.items():
                yield from _wrong_number(f"{name}[{key!r}]", seconds)
        else:
            yield name, value, "a dict of seconds"
    most = said().get("MAX_LIVE_PER_OWNER", 1)
    if not _whole(most) or not 1 <= most <= MOST_LIVE:
        yield "MAX_LIVE_PER_OWNER", most, f"a whole number from 1 to {MOST_LIVE}"


def _wrong_number(name: str, value: Any) -> Iterator[tuple[str, Any, str]]:
    if name in COUNTS:
        if not _whole(value) or value < 1:
            yield name, value, "a whole number of at least 1"
    elif name in MAY_BE_ZERO:
        if not _whole(value) or value < 0:
            yield name, value, "a whole number"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield name, value, "a number of seconds"
    elif value <= 0 or not isfinite(value):
        yield name, value, "above zero"


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _wrong_words() -> Iterator[tuple[str, Any, str]]:
    for name in LISTS:
        value = said().get(name, [])
        if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
            yield name, value, "a list of strings"
    for name in WORDS:
        if not isinstance(said().get(name, ""), str):
            yield name, said()[name], "a string"
    for name in SWITCHES:
        if not isinstance(said().get(name, False), bool):
            yield name, said()[name], "True or False"


def _contradictions(policy: Policy) -> Iterator[str]:
    close = policy.call_timeout("payments.close")
    if policy.grace < close:
        yield (
            f"GRACE ({policy.grace:g} s) is shorter than one call of payments.close ({close:g} s):"
            " the stock would be free before it is known whether the shopper has paid."
        )
    for step in FLOW:
        within = policy.within.get(step.name, step.within)
        if step.name == "initiate_payment" and within and policy.hold < within:
            yield (
                f"HOLD ({policy.hold:g} s) is shorter than initiate_payment may take ({within:g} s):"
                " the stock would be free while the payment is being made."
            )
        for call in step.calls:
            if within and policy.call_timeout(call) > within:
                yield (
                    f"CALL_TIMEOUTS: {call} may take {policy.call_timeout(call):g} s, but its step"
                    f" {step.name} ends after {within:g} s: it could never be repeated."
                )
    for call in OF_CALLS[1:]:
        seconds = policy.call_timeout(call)
        if "." in call and seconds + LEASE_MARGIN >= MOST_SECONDS:
            yield (
                f"CALL_TIMEOUTS: {call} may take {seconds:g} s; after {MOST_SECONDS} s without"
                " progress /healthz/ready is red."
            )
    for name in ("longest_pause", "longest_undo_pause"):
        if getattr(policy, name) < policy.first_pause:
            yield (
                f"{name.upper()} ({getattr(policy, name):g} s) is shorter than FIRST_PAUSE"
                f" ({policy.first_pause:g} s)."
            )
