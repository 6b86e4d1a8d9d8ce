"""What happened to one checkout, in one order: history, port calls and messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkout.adapters.inbound.admin.privacy import Reader
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutSession,
)


@dataclass(frozen=True)
class Entry:
    """One row of the timeline. `kind` is change, call or message; `tone` is good, bad or empty."""

    at: datetime | None
    kind: str
    what: str
    who: str = ""
    said: str = ""
    details: str = ""
    tone: str = ""


def timeline(row: CheckoutSession, reads: Reader) -> list[Entry]:
    """Oldest first. A call stands where it was intended, a message where it was received."""
    entries = [_change(passage, reads) for passage in row.history.order_by("version")]
    entries += [_call(effect, reads) for effect in row.effects.order_by("id")]
    entries += [_message(message, reads) for message in row.inbox.order_by("id")]
    return sorted(entries, key=lambda entry: entry.at or row.created_at)


def _change(passage: CheckoutHistory, reads: Reader) -> Entry:
    moved = passage.source != passage.target
    what = f"{passage.source or 'nothing'} → {passage.target}" if moved else passage.target
    details = f"version {passage.version}, {passage.edge}"
    return Entry(passage.at, "change", what, passage.actor, reads.text(passage.reason), details)


def _call(effect: CheckoutEffect, reads: Reader) -> Entry:
    tones = {"done": "good", "refused": "bad", "unknown": "bad"}
    return Entry(
        effect.intended_at,
        "call",
        effect.name,
        "",
        reads.text(_outcome(effect)),
        f"{effect.key}, generation {effect.generation}, {_tries(effect)}",
        tones.get(effect.outcome, ""),
    )


def _outcome(effect: CheckoutEffect) -> str:
    error: dict[str, Any] = effect.error
    if not error:
        return effect.outcome
    return f"{effect.outcome}: {error.get('message', '')} ({error.get('code', '')})"


def _tries(effect: CheckoutEffect) -> str:
    tries = "1 try" if effect.tries == 1 else f"{effect.tries} tries"
    if effect.intended_at is None or effect.answered_at is None:
        return tries
    took = (effect.answered_at - effect.intended_at).total_seconds() * 1000
    return f"{tries}, answered after {max(took, 0):,.0f} ms"


def _message(message: CheckoutInbox, reads: Reader) -> Entry:
    reason = str(message.payload.get("reason", "")) if isinstance(message.payload, dict) else ""
    outcome = message.outcome or "not applied yet"
    tone = "bad" if outcome.startswith("refused") else ""
    details = f"{message.source}, {message.message_id}: {outcome}"
    return Entry(
        message.received_at,
        "message",
        message.kind,
        message.actor,
        reads.text(reason),
        details,
        tone,
    )
