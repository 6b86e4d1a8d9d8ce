"""What must hold for one checkout, judged from everything that is stored about it.

The numbers are those of the invariants that the project states: S safety, L liveness.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from checkout.adapters.inbound.cli import journal, money, published, sensitive
from checkout.adapters.inbound.cli.findings import BROKEN, INFO, Finding, Said
from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.application.use_cases import settle_money
from checkout.bootstrap import services
from checkout.domain.checkout import Checkout, Passage
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.read_models.checkout_progress import project
from checkout.read_models.checkout_summary import summarise
from checkout.sagas.checkout_saga import EDGES, KNOWN_DEFINITIONS

A_DAY = timedelta(days=1)
SPARE_LEASE = timedelta(seconds=10)


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
    if dossier.unsettled != settle_money.unsettled(checkout):
        yield "unsettled", "whether money is owed is stored wrongly."


def _inbox(dossier: Dossier, checkout: Checkout) -> Said:
    """L2: what arrives is applied soon."""
    for message in dossier.waiting:
        if dossier.waits_long(message.received_at):
            since = message.received_at.isoformat()
            yield "inbox", f"{message.kind} of {message.actor} has not been applied since {since}."


def _alive(dossier: Dossier, checkout: Checkout) -> Said:
    """L1, S11: what is not at its end is due in time, and no lease keeps others away for long."""
    policy = services().policy
    if not checkout.state.is_final and dossier.due_at is None and not checkout.on_hold:
        yield "stalled", f"{checkout.state}, and nothing is ever due."
    longest = max(A_DAY, 2 * policy.seconds("payment_window"))
    if not checkout.state.is_final and dossier.due_at and dossier.due_at > dossier.now + longest:
        yield "stalled", f"{checkout.state}, and not due before {dossier.due_at.isoformat()}."
    call = max(policy.call_timeouts.values(), default=0)
    latest = dossier.now + SPARE_LEASE + timedelta(seconds=max(call, 2))
    if dossier.lease_until is not None and dossier.lease_until > latest:
        yield "lease", f"nobody else may drive it before {dossier.lease_until.isoformat()}."


_JUDGES: tuple[Callable[[Dossier, Checkout], Said], ...] = (
    _history,
    journal.judge,
    _snapshot,
    _read_models,
    published.judge,
    _inbox,
    _alive,
    money.judge,
    sensitive.judge,
)
