"""What must hold for one checkout, judged from everything that is stored about it.

The numbers are those of the invariants that the project states: S safety, L liveness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from checkout.adapters.inbound.cli.findings import BROKEN, INFO, Finding
from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.application.use_cases import settle_money
from checkout.domain.checkout import Checkout, Passage
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.checkout_progress import project
from checkout.read_models.checkout_summary import summarise
from checkout.sagas.checkout_saga import EDGES, KNOWN_DEFINITIONS

WAITING = timedelta(seconds=60)
# May stay open after the end: money is settled then, and a longer hold no longer matters.
MAY_STAY_OPEN = ("payments.void", "payments.refund", "inventory.extend")
ENDS = {
    CheckoutState.COMPLETED: "checkout_completed",
    CheckoutState.ABORTED: "checkout_aborted",
}
Said = Iterator[tuple[str, str]]


def broken(dossier: Dossier) -> list[Finding]:
    """Every promise that does not hold for this checkout, and what is owed as information."""
    if dossier.definition_version not in KNOWN_DEFINITIONS:
        text = f"definition {dossier.definition_version} is not known here; it is left alone."
        return [Finding("definition", text, str(dossier.id))]
    if dossier.checkout is None:
        return [Finding("unreadable", dossier.unreadable, str(dossier.id))]
    return [
        Finding(check, text, str(dossier.id), INFO if check == "owed" else BROKEN)
        for judge in _JUDGES
        for check, text in judge(dossier, dossier.checkout)
    ]


def _history(dossier: Dossier, checkout: Checkout) -> Said:
    """S7: every version once, a path of the declared graph, ending where the row is."""
    versions = [passage.version for passage in checkout.history]
    if versions != list(range(1, checkout.version + 1)):
        yield "history", f"it has the versions {versions}, the row is at {checkout.version}."
    state = ""
    for passage in checkout.history:
        wrong = _wrong_passage(passage, state)
        if wrong:
            yield "history", wrong
        state = passage.target
    if state != checkout.state:
        yield "history", f"it ends in {state or 'nothing'}, the row is {checkout.state}."


def _wrong_passage(passage: Passage, state: str) -> str:
    if passage.source != state:
        return f"version {passage.version} begins in {passage.source}, not in {state}."
    if passage.edge == "start_checkout":
        return "" if not state and passage.target == "started" else "it starts twice."
    edge = EDGES.get(passage.edge)
    known = edge is not None and passage.source in edge.sources
    if edge is None or not known or passage.target != (edge.target or passage.source):
        path = f"{passage.source} → {passage.target}"
        return f"version {passage.version} took {passage.edge}, {path}: the flow has no such edge."
    return ""


def _journal(dossier: Dossier, checkout: Checkout) -> Said:
    """S8: nothing but settling money is open after the end."""
    if not checkout.state.is_final:
        return
    for effect in checkout.effects.values():
        if effect.open and effect.call not in MAY_STAY_OPEN:
            yield "open_effect", f"{effect.key} is {effect.outcome}, but it is {checkout.state}."


def _snapshot(dossier: Dossier, checkout: Checkout) -> Said:
    """S6: the frozen cart is the one that was frozen."""
    digest = checkout.snapshot.digest if checkout.snapshot else ""
    if digest != dossier.digest:
        yield "snapshot", "the frozen cart is not the one that was frozen: its digest differs."
    begun = checkout.state not in (CheckoutState.STARTED, *_BACKWARD)
    if begun and checkout.snapshot is None:
        yield "snapshot", f"{checkout.state} without a frozen cart."


_BACKWARD = (CheckoutState.ABORTING, CheckoutState.ABORTED)


def _read_models(dossier: Dossier, checkout: Checkout) -> Said:
    """S10, S13: what is shown is the fold of what is stored, at the version of the row."""
    if dossier.progress is None:
        yield "progress", "there is no progress row."
    else:
        version, state, body = dossier.progress
        if (version, state) != (dossier.version, dossier.state):
            yield "progress", f"it shows version {version}, {state}; the row is {dossier.version}."
        if body != project(checkout):
            yield "progress", "what is shown is not what is stored."
    if dossier.summary != summarise(checkout):
        yield "summary", "the receipt is not what is stored."


def _events(dossier: Dossier, checkout: Checkout) -> Said:
    """S9: the end is told once, without gaps, and soon."""
    sequence = [event.sequence for event in dossier.events]
    if sequence != list(range(1, len(sequence) + 1)):
        yield "outbox", f"the events are numbered {sequence}."
    ends = [event.name for event in dossier.events if event.name in ENDS.values()]
    wanted = [ENDS[checkout.state]] if checkout.state.is_final else []
    if ends != wanted:
        yield "outbox", f"it tells {ends or 'no end'}, but it is {checkout.state}."
    unsent = [event for event in dossier.events if event.sent_at is None]
    for event in unsent:
        if _old(event.at, dossier.now):
            yield "outbox", f"{event.name} has not been sent since {event.at.isoformat()}."


def _inbox(dossier: Dossier, checkout: Checkout) -> Said:
    """L2: what arrives is applied soon."""
    for message in dossier.waiting:
        if _old(message.received_at, dossier.now):
            since = message.received_at.isoformat()
            yield "inbox", f"{message.kind} of {message.actor} has not been applied since {since}."


def _alive(dossier: Dossier, checkout: Checkout) -> Said:
    """L1: what is not at its end is due at some time; nobody would come back to it otherwise."""
    if not checkout.state.is_final and dossier.due_at is None:
        yield "stalled", f"{checkout.state}, and nothing is ever due."


def _old(at: datetime, now: datetime) -> bool:
    return now - at > WAITING


def _money(dossier: Dossier, checkout: Checkout) -> Said:
    """S4, L4: kept is the total of a completed checkout, nothing of an aborted one."""
    if not checkout.state.is_final:
        return
    facts = [attempt.facts for attempt in checkout.payments.values()]
    kept = sum(fact.kept for fact in facts)
    if settle_money.unsettled(checkout) and dossier.due_at is not None:
        yield "owed", f"kept are {kept}, due are {checkout.due} minor units; being given back."
    elif kept != checkout.due:
        yield "money", f"kept are {kept}, due are {checkout.due} minor units."
    if any(fact.returned > fact.captured for fact in facts):
        yield "money", "more was given back than was taken."


_JUDGES: tuple[Callable[[Dossier, Checkout], Said], ...] = (
    _history,
    _journal,
    _snapshot,
    _read_models,
    _events,
    _inbox,
    _alive,
    _money,
)
