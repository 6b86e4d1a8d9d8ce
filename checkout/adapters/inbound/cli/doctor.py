"""`checkout doctor`: looks for broken promises in what is stored, and changes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser, OutputWrapper
from django.db import DatabaseError
from django.utils.module_loading import import_string

from checkout.adapters.inbound.cli import catalogue, ledgers, promises, published
from checkout.adapters.inbound.cli.books import AUDITS, BOOKS, OWNERS, strays
from checkout.adapters.inbound.cli.findings import INFO, Finding, Report
from checkout.adapters.outbound.persistence.repositories.doctor_queries import (
    DoctorQueries,
    Dossier,
)
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

HELP = "List broken invariants and overdue rows, and say what to do."
MOST = 10_000
SECONDS = 60.0
OVERDUE_SECONDS = 30.0
PARKED_SECONDS = 86_400.0
HEARTBEAT_SECONDS = 30.0
OVER_THE_NETWORK = "payments"
Audits = Mapping[str, Callable[..., Any]]


def arguments(parser: CommandParser) -> None:
    """How much, how long, and in which form."""
    parser.add_argument("--json", action="store_true", help="One JSON document.")
    parser.add_argument("--all", action="store_true", help=f"All checkouts, not the last {MOST:,}.")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="Stop after so long, and say what is left."
    )
    parser.add_argument(
        "--ask-provider", action="store_true", help="Ask for each payment over the network, too."
    )
    parser.add_argument("--list", action="store_true", help="List the checks and examine nothing.")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Examine and report. Raises SystemExit with 1 when something is broken."""
    if options["list"]:
        out.write(catalogue.table())
        return
    report = examine(
        chosen_audits(), options["all"], options["seconds"], ask_provider=options["ask_provider"]
    )
    out.write(json.dumps(report.to_json(), indent=2) if options["json"] else report.in_words())
    if report.broken:
        raise SystemExit(1)


def chosen_audits() -> dict[str, Callable[..., Any]]:
    """The shop's ledgers by dotted path: `CHECKOUT["AUDITS"]`. Raises ImportError for a wrong one."""
    named: dict[str, str] = settings.CHECKOUT.get("AUDITS", {})
    return {name: import_string(path) for name, path in named.items()}


def examine(
    audits: Audits, everything: bool = False, seconds: float = SECONDS, ask_provider: bool = False
) -> Report:
    """Examine the last 10,000 checkouts, or all, for so long; what is overdue always of all."""
    queries, report, end = DoctorQueries(), Report(), time.monotonic() + seconds
    chosen = {n: a for n, a in audits.items() if ask_provider or n != OVER_THE_NETWORK}
    report.findings += _of_all(queries) + _unread(audits) + _books(chosen)
    for batch in queries.dossiers(None if everything else MOST):
        report.examined += len(batch)
        for dossier in batch:
            report.findings += promises.broken(dossier)
        report.findings += _compare(queries, chosen, batch)
        if time.monotonic() > end:
            break
    if OWNERS in chosen:
        found, whole = _strays(chosen[OWNERS], end)
        report.findings += found
        report.left_out += [] if whole else ["some of what is live in the shop: --seconds."]
    report.left_out += _left_out(queries, audits, ask_provider)
    return report


def _left_out(queries: DoctorQueries, audits: Audits, ask_provider: bool) -> list[str]:
    """What this examination did not look at, and what would."""
    found = []
    if older := queries.older():
        found.append(f"{older} older checkouts: --all, and --seconds for more time.")
    if queries.moving:
        found.append(f"{queries.moving} checkouts that moved while they were read: ask again.")
    if without := [name for name in AUDITS if name not in audits]:
        found.append(f"what CHECKOUT['AUDITS'] does not name: {', '.join(without)}.")
    if OVER_THE_NETWORK in audits and not ask_provider:
        found.append("the provider's books: --ask-provider compares them.")
    if not published.can_validate():
        found.append(published.WITHOUT_JSONSCHEMA)
    return found


def _unread(audits: Audits) -> list[Finding]:
    text = f"CHECKOUT['AUDITS'] names {{!r}}, which nobody reads. There are: {', '.join(AUDITS)}."
    return [Finding("audit", text.format(name)) for name in audits if name not in AUDITS]


def _of_all(queries: DoctorQueries) -> list[Finding]:
    """What is asked of all checkouts at once, whatever their age."""
    overdue = [
        Finding("overdue", f"{state}, due since {due.isoformat()}, and nobody drives it.", str(pk))
        for pk, state, due in queries.overdue(OVERDUE_SECONDS)
    ]
    text = "a message from {} for {!r} has waited for its checkout since {}."
    parked = [
        Finding("parked", text.format(source, reference, at.isoformat()))
        for source, reference, at in queries.parked(PARKED_SECONDS)
    ]
    attention = [
        Finding("attention", f"asks for staff: {why}.", str(pk), INFO)
        for pk, why in queries.attention()
    ]
    waits = bool(overdue) or queries.unsent_for(OVERDUE_SECONDS)
    return [*overdue, *parked, *attention, *_heartbeat(waits)]


def _heartbeat(something_waits: bool) -> list[Finding]:
    """Broken while something waits for it; else there may just be no worker yet."""
    seconds = services().queries.seconds_since_heartbeat()
    if seconds is not None and seconds <= HEARTBEAT_SECONDS:
        return []
    text = "no sweep has ever gone round"
    if seconds is not None:
        text = f"the last sweep was {seconds:.0f} s ago"
    if something_waits:
        return [Finding("heartbeat", f"{text}, and something is due.")]
    return [Finding("heartbeat", f"{text}.", level=INFO)]


def _books(audits: Audits) -> list[Finding]:
    found: list[Finding] = []
    for name, judge in BOOKS.items():
        if name in audits:
            with _usable(name, found):
                found += judge(audits[name])
    return found


def _strays(audit: Callable[..., Any], end: float) -> tuple[list[Finding], bool]:
    found: list[Finding] = []
    with _usable(OWNERS, found):
        return strays(audit, end)
    return found, True


def _compare(queries: DoctorQueries, audits: Audits, batch: list[Dossier]) -> list[Finding]:
    """The shop's ledgers. What has moved since it was read is judged by the next examination."""
    ours = [d for d in batch if d.checkout and d.definition_version in KNOWN_DEFINITIONS]
    found: list[Finding] = []
    for name, audit in audits.items():
        if name in ledgers.JUDGES:
            with _usable(name, found):
                facts = audit([str(dossier.id) for dossier in ours])
                for dossier in ours:
                    found += ledgers.compare(name, dossier, facts.get(str(dossier.id), []))
    accused = {finding.checkout for finding in found}
    resting = queries.resting([d for d in ours if str(d.id) in accused])
    return [f for f in found if not f.checkout or f.checkout in resting]


@contextmanager
def _usable(name: str, found: list[Finding]) -> Iterator[None]:
    """The shop's own code may break; that is a finding, and the examination goes on."""
    try:
        yield
    except (StorageUnavailable, DatabaseError):
        raise
    except Exception as error:
        text = f"CHECKOUT['AUDITS'][{name!r}] broke: {type(error).__name__}: {error}"
        found.append(Finding("audit", text[:500]))
