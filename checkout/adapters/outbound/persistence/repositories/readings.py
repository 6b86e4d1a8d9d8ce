"""All that a worker reads of one checkout: session, read model, journal, inbox, and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkout.adapters.outbound.persistence.database_time import clock_said, clock_sql
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSession,
)
from checkout.adapters.outbound.persistence.rows import to_checkout, to_message
from checkout.adapters.outbound.persistence.statements import Answer, Statement, table
from checkout.application.ports.outbound.checkout_repository_port import InboxMessage
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId


@dataclass
class Reading:
    """What was found. `told` is the number of the last event, `view` the stored read model."""

    session: CheckoutSession
    checkout: Checkout
    messages: list[InboxMessage]
    view: dict[str, Any]
    told: int
    now: datetime


def reading(checkout_id: CheckoutId) -> list[Statement]:
    """The statements that read it, for `found`."""
    inbox = table(CheckoutInbox)
    of_it = _of(checkout_id)
    waiting = Statement(f"{of_it.sql} AND applied_at IS NULL", of_it.values)
    return [
        _session(checkout_id),
        inbox.select(waiting, "id"),
        table(CheckoutEffect).select(of_it, "id"),
        table(CheckoutHistory).select(of_it, "version"),
    ]


def found(answers: Sequence[Answer]) -> Reading:
    """What they have read. Raises LookupError, TypeError or ValueError when it cannot be read."""
    sessions, inbox, effects, history = answers
    if not sessions.rows:
        raise LookupError("There is no such row, or it has no read model.")
    *row, told, now = sessions.rows[0]
    session = table(CheckoutSession).row(row)
    progress = table(CheckoutProgress).row(row[len(table(CheckoutSession)) :])
    return Reading(
        session=session,
        checkout=to_checkout(
            session,
            [table(CheckoutEffect).row(each) for each in effects.rows],
            [table(CheckoutHistory).row(each) for each in history.rows],
        ),
        messages=[to_message(table(CheckoutInbox).row(each)) for each in inbox.rows],
        view=progress.body,
        told=told or 0,
        now=clock_said(now),
    )


def _of(checkout_id: CheckoutId) -> Statement:
    return Statement("checkout_id = %s", (table(CheckoutEffect).value("checkout_id", checkout_id),))


def _session(checkout_id: CheckoutId) -> Statement:
    """With its read model, the number of its last event, and the time after any wait for it."""
    session, progress = table(CheckoutSession), table(CheckoutProgress)
    outbox = table(CheckoutOutbox)
    told = f"(SELECT MAX(sequence) FROM {outbox.name} WHERE checkout_id = {session.name}.id)"
    this = session.at(checkout_id)
    sql = (
        f"SELECT {session.columns}, {progress.columns}, {told}, {clock_sql()}"
        f" FROM {session.name} JOIN {progress.name} ON checkout_id = {session.name}.id"
        f" WHERE {this.sql}"
    )
    return Statement(sql, this.values)
