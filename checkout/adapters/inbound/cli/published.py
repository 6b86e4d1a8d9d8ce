"""S9: the events that a checkout tells, against its state and their contracts."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import checkout as package
from checkout.adapters.inbound.cli.findings import Said
from checkout.adapters.outbound.persistence.repositories.doctor_queries import (
    Dossier,
    StoredEvent,
)
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.events.envelope import EVENTS, envelope

CONTRACTS = Path(package.__file__).parent / "contracts" / "events"
ENDS = {
    CheckoutState.COMPLETED: "checkout_completed",
    CheckoutState.ABORTED: "checkout_aborted",
}
WITHOUT_JSONSCHEMA = "the contracts of the events: jsonschema is not installed."


def judge(dossier: Dossier, checkout: Checkout) -> Said:
    """The end is told once, without gaps, in order, and as the contract says."""
    sequence = [event.sequence for event in dossier.events]
    if sequence != list(range(1, len(sequence) + 1)):
        yield "outbox", f"the events are numbered {sequence}."
    ends = [event.name for event in dossier.events if event.name in ENDS.values()]
    wanted = [ENDS[checkout.state]] if checkout.state.is_final else []
    if ends != wanted:
        yield "outbox", f"it tells {ends or 'no end'}, but it is {checkout.state}."
    sent = [event.sent_at for event in dossier.events if event.sent_at is not None]
    if any(later < earlier for earlier, later in pairwise(sent)):
        yield "outbox", "a later event was sent before an earlier one."
    for event in dossier.events:
        if event.sent_at is None and dossier.waits_long(event.at):
            yield "outbox", f"{event.name} has not been sent since {event.at.isoformat()}."
        for error in _errors(dossier, event):
            yield "event", f"{event.name}, number {event.sequence}: {error}"


def _errors(dossier: Dossier, event: StoredEvent) -> list[str]:
    if event.name not in EVENTS:
        return ["there is no such event."]
    if event.data.get("checkout_id") != str(dossier.id):
        return ["it speaks of another checkout."]
    validator = _validator(event.name)
    if validator is None:
        return []
    told = envelope(event.id, event.name, event.data, event.sequence, event.at)
    return [error.message[:200] for error in validator.iter_errors(told)]


@cache
def _validator(name: str) -> Any:
    """What judges an event by its contract; None when it has none, or jsonschema is missing."""
    path = CONTRACTS / f"{name}.v1.json"
    if not path.exists() or not can_validate():
        return None
    schema = json.loads(path.read_text(encoding="utf-8"))
    return import_module("jsonschema").Draft202012Validator(schema)


def can_validate() -> bool:
    """Whether the library is there that judges by a contract."""
    return find_spec("jsonschema") is not None
