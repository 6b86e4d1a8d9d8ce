"""The rows of a change behind the session row: effects, history, events, inbox, read models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from checkout.adapters.outbound.persistence.database_time import now_sql
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
    CheckoutSummary,
)
from checkout.adapters.outbound.persistence.rows import EFFECT_COLUMNS
from checkout.adapters.outbound.persistence.statements import Statement, equal, table
from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.application.ports.outbound.checkout_repository_port import Change, InboxMessage
from checkout.domain.checkout import Checkout, Passage
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.read_models.checkout_summary import summarise

Columns = Mapping[str, Any]
EffectValues = tuple[Any, ...]  # of the columns EFFECT_COLUMNS
NEWEST_RECEIPT = " ON CONFLICT (checkout_id) DO UPDATE SET body = excluded.body"


def history(checkout_id: CheckoutId, passages: Iterable[Passage]) -> Statement:
    """A row for each visible change; at least one."""
    return table(CheckoutHistory).insert(
        {
            "checkout_id": checkout_id,
            "version": passage.version,
            "edge": passage.edge,
            "source": passage.source,
            "target": passage.target,
            "actor": passage.actor,
            "reason": passage.reason[:500],
            "at": passage.at,
        }
        for passage in passages
    )


def events(
    checkout_id: CheckoutId,
    told: Sequence[tuple[str, Mapping[str, Any]]],
    last: int,
    now: datetime,
) -> Statement:
    """Numbered on from the last one that was written; only the driver of a checkout does this."""
    return table(CheckoutOutbox).insert(
        {
            "checkout_id": checkout_id,
            "sequence": number,
            "event_id": uuid4(),
            "name": name,
            "data": dict(data),
            "at": now,
        }
        for number, (name, data) in enumerate(told, start=last + 1)
    )


def effects(
    checkout_id: CheckoutId, before: Mapping[str, EffectValues], after: Mapping[str, EffectValues]
) -> Iterator[Statement]:
    """New effects, what has changed of known ones, and messages that came before their reference."""
    changed = {
        key: dict(_differences(before.get(key), values))
        for key, values in after.items()
        if values != before.get(key)
    }
    new = [columns for key, columns in changed.items() if key not in before]
    if new:
        yield table(CheckoutEffect).insert({"checkout_id": checkout_id, **each} for each in new)
    for key, columns in changed.items():
        if key in before:
            yield table(CheckoutEffect).update(columns, equal(key=key))
        if columns.get("reference"):
            yield from adopted(checkout_id, columns["reference"])


def _differences(before: EffectValues | None, after: EffectValues) -> Iterator[tuple[str, Any]]:
    """The columns whose values are others now; all of them where there was nothing."""
    for number, name in enumerate(EFFECT_COLUMNS):
        if before is None or before[number] != after[number]:
            yield name, after[number]


def adopted(checkout_id: CheckoutId, reference: str) -> Iterator[Statement]:
    """Messages that came before their reference was known now have a checkout, which is woken."""
    session, inbox = table(CheckoutSession), table(CheckoutInbox)
    parked = Statement("checkout_id IS NULL AND reference = %s", (reference,))
    yield inbox.update({"checkout_id": checkout_id}, parked)
    # Asked only now: each statement sees what came before it, and a message may come in between.
    this, owner = session.at(checkout_id), inbox.value("checkout_id", checkout_id)
    waiting = "checkout_id = %s AND applied_at IS NULL AND reference = %s"
    some = f"{this.sql} AND EXISTS (SELECT 1 FROM {inbox.name} WHERE {waiting})"
    where = Statement(some, (*this.values, owner, reference))
    yield session.update({"wake": Statement("wake + 1"), "due_at": now_sql()}, where)


def visible(
    checkout: Checkout, change: Change, version: int, added: Sequence[Passage], now: datetime
) -> Iterator[Statement]:
    """What was applied, and what everybody can see of a change."""
    for message, outcome in change.applied:
        this = table(CheckoutInbox).at(message.row)
        yield table(CheckoutInbox).update({"applied_at": now, "outcome": outcome}, this)
    if not change.visible:
        return
    if added:
        yield history(checkout.id, added)
    progress = table(CheckoutProgress)
    shown = {"version": version, "state": checkout.state.value, "body": dict(change.view)}
    yield progress.update({**shown, "updated_at": now}, progress.at(checkout.id))
    summary = summarise(checkout)
    if summary is not None:
        receipt = {"checkout_id": checkout.id, "body": summary}
        yield table(CheckoutSummary).insert([receipt], end=NEWEST_RECEIPT)


def row(
    checkout: Checkout, view: Columns, now: datetime, waiting: Sequence[InboxMessage]
) -> ProgressRow:
    """The read model as it was just stored; `waiting` are the messages that were not applied yet."""
    asked = [message.kind for message in waiting if message.source == "command"]
    return ProgressRow(
        checkout.id,
        checkout.version,
        checkout.state.value,
        view,
        checkout.snapshot is not None,
        checkout.created_at,
        now,
        asked[0] if asked else "",
    )


def still_waiting(waiting: Sequence[InboxMessage], change: Change) -> list[InboxMessage]:
    """Those of these messages that this change has not applied."""
    applied = {message.row for message, _outcome in change.applied}
    return [message for message in waiting if message.row not in applied]
