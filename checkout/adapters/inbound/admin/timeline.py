"""What happened to one checkout, as chapters: a change of state, and what happened in that state.

Port calls stand where they were intended, messages where they were received, events where they
were written. Each of the four journals is read once, however long it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from checkout.adapters.inbound.admin.orders import ORDERS
from checkout.adapters.inbound.admin.privacy import Reader
from checkout.adapters.inbound.admin.words import People, span
from checkout.adapters.outbound.persistence.models import (
    CheckoutEffect,
    CheckoutHistory,
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutSession,
)
from checkout.sagas.checkout_saga import EDGES

TONES = {"done": "good", "refused": "bad", "unknown": "bad"}
NOTE = "annotate"
CHANGES = {"record": "visible change", NOTE: "note left"}
MOVE = "move"  # the kind of an entry that begins a chapter


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind` is call, message, command, event, change, note or move.

    `said` is its outcome or reason, `details` are facts in a few words, `tone` is good, bad or
    empty, `papers` are (name, JSON) for those who may read them. `since` is set by its place.
    """

    at: datetime
    kind: str
    what: str
    who: str = ""
    said: str = ""
    details: tuple[str, ...] = ()
    tone: str = ""
    papers: tuple[tuple[str, str], ...] = ()
    state: str = ""
    since: str = ""


@dataclass
class Chapter:
    """A state: how it was entered, how long it lasted, and what happened in it."""

    opening: Entry
    entries: list[Entry] = field(default_factory=list)
    lasted: str = ""

    @property
    def label(self) -> str:
        """The state that was entered, for a reader."""
        return self.opening.state.replace("_", " ")


@dataclass(frozen=True)
class Story:
    """All of it: chapters oldest first, notes newest first, moves as (edge, source, target)."""

    chapters: list[Chapter]
    notes: list[Entry]
    moves: list[tuple[str, str, str]]


def story(row: CheckoutSession, reads: Reader, now: datetime) -> Story:
    """Everything that is stored about the checkout, as this reader may see it."""
    history: list[CheckoutHistory] = list(row.history.order_by("version"))
    messages: list[CheckoutInbox] = list(row.inbox.order_by("id"))
    tell = _Teller(reads, People([*(p.actor for p in history), *(m.actor for m in messages)]), now)
    entries = [tell.change(passage) for passage in history]
    entries += [tell.call(effect) for effect in row.effects.order_by("id")]
    entries += [tell.message(message) for message in messages]
    entries += tell.events(list(row.outbox.order_by("sequence")), history)
    order = ("message", "command", "call", "change", "note", MOVE, "event")  # at the same moment
    entries.sort(key=lambda entry: (entry.at, order.index(entry.kind)))
    notes = [entry for entry in entries if entry.kind == "note"]
    moves = [(passage.edge, passage.source, passage.target) for passage in history]
    return Story(_chapters(entries, row, now), notes[::-1], moves)


def _chapters(entries: list[Entry], row: CheckoutSession, now: datetime) -> list[Chapter]:
    """What was stored before the first change belongs to the first chapter, too."""
    chapters: list[Chapter] = []
    early: list[Entry] = []
    for entry in entries:
        if entry.kind == MOVE:
            chapters.append(Chapter(entry))
        else:
            (chapters[-1].entries if chapters else early).append(entry)
    if not chapters:
        unknown = Entry(row.created_at, MOVE, "its history is missing", state=row.state)
        chapters = [Chapter(unknown)]
    chapters[0].entries[:0] = early
    ends = [*(chapter.opening.at for chapter in chapters[1:]), now]
    for chapter, end in zip(chapters, ends, strict=True):
        before = [chapter.opening, *chapter.entries]
        chapter.entries = list(map(_after, before, chapter.entries))
        chapter.lasted = _span(chapter.opening.at, end)
    return chapters


def _after(before: Entry, entry: Entry) -> Entry:
    return replace(entry, since=f"+{_span(before.at, entry.at)}")


class _Teller:
    """Rows of the journals as entries."""

    def __init__(self, reads: Reader, people: People, now: datetime) -> None:
        self.reads = reads
        self.people = people
        self.now = now

    def change(self, passage: CheckoutHistory) -> Entry:
        """A row of the history: a move to another state, a note, or a change that stays in it."""
        moved = passage.source != passage.target
        kind = MOVE if moved else "note" if passage.edge == NOTE else "change"
        what = CHANGES.get(passage.edge, passage.edge.replace("_", " "))
        if moved and passage.source:
            what = f"{passage.source} → {passage.target}".replace("_", " ")
        details = (f"version {passage.version}, {passage.edge}",)
        who, why = self._who(passage.actor), self.reads.text(passage.reason)
        return Entry(passage.at, kind, what, who, why, details, state=passage.target)

    def call(self, effect: CheckoutEffect) -> Entry:
        """A port call with its key, its tries and its answer."""
        begun = effect.intended_at or effect.answered_at or self.now
        details = (effect.key, f"generation {effect.generation}", _tries(effect))
        papers = self._papers(
            ("arguments", effect.arguments), ("answer", effect.result), ("error", effect.error)
        )
        said = self.reads.text(_outcome(effect))
        tone = TONES.get(effect.outcome, "")
        return Entry(begun, "call", effect.name, "", said, details, tone, papers)

    def message(self, message: CheckoutInbox) -> Entry:
        """What a provider, a shopper, staff or a late answer said, and what came of it."""
        command = message.source == "command"
        order = ORDERS.get(message.kind)
        what = order.label if order and command else message.kind.replace("_", " ")
        payload = message.payload if isinstance(message.payload, dict) else {}
        reason = self.reads.text(str(payload.get("reason", "")))
        outcome = message.outcome or "not applied yet"
        took = _span(message.received_at, message.applied_at)
        details = (
            f"{outcome}{f' after {took}' if took else ''}",
            f"{message.source}, {self.reads.text(message.message_id)}",
        )
        tone = "bad" if outcome.startswith("refused") else ""
        who, papers = self._who(message.actor), self._papers(("payload", message.payload))
        kind = "command" if command else "message"
        return Entry(message.received_at, kind, what, who, reason, details, tone, papers)

    def events(self, events: list[CheckoutOutbox], history: list[CheckoutHistory]) -> list[Entry]:
        """Each where the change stands that it tells of: they were written in one transaction."""
        changes = [(name, p.at) for p in history for name in _told_by(p)]
        found = []
        for event in events:
            change = next((pair for pair in changes if pair[0] == event.name), None)
            if change is not None:
                changes.remove(change)
            found.append(self._event(event, change[1] if change else event.at))
        return found

    def _event(self, event: CheckoutOutbox, at: datetime) -> Entry:
        took = _span(event.at, event.sent_at)
        said = f"sent after {took}" if took else "not sent yet"
        details = (f"event {event.sequence}, {event.event_id}",)
        papers = self._papers(("data", event.data))
        return Entry(at, "event", event.name, "", said, details, "", papers)

    def _who(self, actor: str) -> str:
        return self.reads.text(self.people.named(actor))

    def _papers(self, *papers: tuple[str, Any]) -> tuple[tuple[str, str], ...]:
        shown = ((name, self.reads.paper(payload)) for name, payload in papers)
        return tuple((name, paper) for name, paper in shown if paper)


def _told_by(passage: CheckoutHistory) -> tuple[str, ...]:
    edge = EDGES.get(passage.edge)
    return edge.events if edge else ()


def _outcome(effect: CheckoutEffect) -> str:
    error: dict[str, Any] = effect.error
    if not error:
        return effect.outcome
    return f"{effect.outcome}: {error.get('message', '')} ({error.get('code', '')})"


def _tries(effect: CheckoutEffect) -> str:
    tries = "1 try" if effect.tries == 1 else f"{effect.tries} tries"
    took = _span(effect.intended_at, effect.answered_at)
    return f"{tries}, answered after {took}" if took else tries


def _span(since: datetime | None, until: datetime | None) -> str:
    if since is None or until is None:
        return ""
    return span(max((until - since).total_seconds(), 0))
