"""Does every dotted path lead to something that has what its port asks for?"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

from django.conf import settings
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from checkout.adapters.inbound.checks.rules import finding
from checkout.adapters.inbound.cli.books import AUDITS
from checkout.application.port_call import Ports
from checkout.application.ports.outbound.event_publisher_port import EventPublisherPort

PORTS: dict[str, type] = get_type_hints(Ports)
PROOF_ARGUMENTS = 3  # the request, the cart's id, its token


class Unfit(Exception):
    """A path that leads nowhere, or what it names cannot be made. Says why."""


def said() -> dict[str, Any]:
    """`settings.CHECKOUT`; nothing when it is missing or no dict (E001 says so)."""
    value = getattr(settings, "CHECKOUT", None)
    return value if isinstance(value, dict) else {}


def check_ports(**_: Any) -> list[CheckMessage]:
    """E001 to E003: one adapter per port, and each fits."""
    named = said().get("PORTS")
    if not isinstance(named, dict):
        return [finding("E001", 'settings.CHECKOUT["PORTS"] names no adapters.')]
    found = [
        finding("E001", f'CHECKOUT["PORTS"] names no adapter for the port {name!r}.')
        for name in PORTS
        if name not in named
    ]
    for name, path in named.items():
        if name in PORTS:
            found += _adapter(f'CHECKOUT["PORTS"]["{name}"]', path, PORTS[name])
        else:
            text = f'CHECKOUT["PORTS"] names {name!r}. There are: {", ".join(PORTS)}.'
            found.append(finding("E001", text))
    return found


def check_event_publisher(**_: Any) -> list[CheckMessage]:
    """E002 and E003 for the publisher and the consumers of events, where the host names any."""
    found, consumers = [], said().get("EVENT_CONSUMERS", ())
    if "EVENT_PUBLISHER" in said():
        where = 'CHECKOUT["EVENT_PUBLISHER"]'
        found += _adapter(where, said()["EVENT_PUBLISHER"], EventPublisherPort)
    for path in consumers if isinstance(consumers, list | tuple) else ():
        found += _callable("E003", 'CHECKOUT["EVENT_CONSUMERS"]', path, 1)
    return found


def check_prove_cart(**_: Any) -> list[CheckMessage]:
    """E002 and E004: somebody can tell whose cart it is."""
    if "PROVE_CART" not in said():
        return [finding("E004", 'settings.CHECKOUT has no "PROVE_CART".')]
    where = 'CHECKOUT["PROVE_CART"]'
    return _callable("E004", where, said()["PROVE_CART"], PROOF_ARGUMENTS)


def check_audits(**_: Any) -> list[CheckMessage]:
    """E002 and E008: the doctor can read the shop's ledgers that are named."""
    named = said().get("AUDITS", {})
    if not isinstance(named, dict):
        return [finding("E008", 'CHECKOUT["AUDITS"] is no dict of ledgers.')]
    found = []
    for name, path in named.items():
        if name in AUDITS:
            found += _callable("E008", f'CHECKOUT["AUDITS"]["{name}"]', path, AUDITS[name])
        else:
            text = f'CHECKOUT["AUDITS"] names {name!r}. There are: {", ".join(AUDITS)}.'
            found.append(finding("E008", text))
    return found


def _adapter(where: str, path: Any, port: type) -> list[CheckMessage]:
    try:
        adapter = _made(path)
    except Unfit as why:
        return [finding("E002", f"{where}: {why}")]
    return [finding("E003", f"{where}: {path} {text}") for text in _misfits(adapter, port)]


def _callable(number: str, where: str, path: Any, arguments: int) -> list[CheckMessage]:
    try:
        found = _imported(path)
    except Unfit as why:
        return [finding("E002", f"{where}: {why}")]
    if not callable(found):
        return [finding(number, f"{where}: {path} is not callable.")]
    if not _takes(found, arguments):
        return [finding(number, f"{where}: {path} cannot be called with {arguments} arguments.")]
    return []


def _imported(path: Any) -> Any:
    if not isinstance(path, str):
        raise Unfit(f"{path!r} is no dotted path.")
    try:
        return import_string(path)
    except Exception as error:  # whatever the module does when it is imported
        raise Unfit(f"{path} cannot be imported: {_sentence(error)}") from error


def _made(path: Any) -> Any:
    make = _imported(path)
    try:
        return make()
    except Exception as error:  # whatever its constructor does
        raise Unfit(f"{path} cannot be made: {_sentence(error)}") from error


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".") + "."


def _misfits(adapter: Any, port: type) -> Iterator[str]:
    for name in get_type_hints(port):
        if not isinstance(getattr(adapter, name, None), bool):
            yield f"does not say in `{name}` whether it is (True or False)."
    for name, method in inspect.getmembers(port, inspect.isfunction):
        if name.startswith("_"):
            continue
        wanted = list(inspect.signature(method).parameters)[1:]
        if not callable(getattr(adapter, name, None)):
            yield f"has no method {name}({', '.join(wanted)})."
        elif not _takes(getattr(adapter, name), len(wanted)):
            yield f"has {name}, but it cannot be called as {name}({', '.join(wanted)})."


def _takes(call: Callable[..., Any], arguments: int) -> bool:
    """Can it be called with so many, without names? That is how the flow calls."""
    try:
        inspect.signature(call).bind(*[None] * arguments)
    except TypeError:
        return False
    except ValueError:  # a built-in that does not say
        return True
    return True
