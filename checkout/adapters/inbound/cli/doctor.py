"""`checkout doctor`: looks for broken promises in what is stored, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from checkout.adapters.inbound.cli import ledgers, promises
from checkout.adapters.inbound.cli.findings import INFO, Finding, Report
from checkout.adapters.outbound.persistence.repositories.doctor_queries import (
    DoctorQueries,
    Dossier,
)
from checkout.bootstrap import services

MOST = 10_000
OVERDUE_SECONDS = 30.0
PARKED_SECONDS = 86_400.0
HEARTBEAT_SECONDS = 30.0
Audit = Callable[[Sequence[str]], Mapping[str, list[dict[str, Any]]]]


def chosen_audits() -> dict[str, Audit]:
    """The shop's ledgers by dotted path: `CHECKOUT["AUDITS"]`. Raises ImportError for a wrong one."""
    named: dict[str, str] = settings.CHECKOUT.get("AUDITS", {})
    return {name: import_string(path) for name, path in named.items()}


def examine(audits: Mapping[str, Audit], everything: bool = False) -> Report:
    """Examine the last 10,000 checkouts, or all; overdue rows and attention always of all."""
    queries, report = DoctorQueries(), Report()
    report.findings += _overdue(queries) + _parked(queries) + _attention(queries) + _heartbeat()
    for batch in queries.dossiers(None if everything else MOST):
        report.examined += len(batch)
        for dossier in batch:
            report.findings += promises.broken(dossier)
        report.findings += _compare(audits, batch)
    return report


def _overdue(queries: DoctorQueries) -> list[Finding]:
    return [
        Finding("overdue", f"{state}, due since {due.isoformat()}, and nobody drives it.", str(pk))
        for pk, state, due in queries.overdue(OVERDUE_SECONDS)
    ]


def _parked(queries: DoctorQueries) -> list[Finding]:
    text = "a message from {} for {!r} has waited for its checkout since {}."
    return [
        Finding("parked", text.format(source, reference, at.isoformat()))
        for source, reference, at in queries.parked(PARKED_SECONDS)
    ]


def _attention(queries: DoctorQueries) -> list[Finding]:
    return [
        Finding("attention", f"asks for staff: {why}.", str(pk), INFO)
        for pk, why in queries.attention()
    ]


def _heartbeat() -> list[Finding]:
    seconds = services().queries.seconds_since_heartbeat()
    if seconds is None:
        return [Finding("heartbeat", "no sweep has ever gone round.", level=INFO)]
    if seconds > HEARTBEAT_SECONDS:
        return [Finding("heartbeat", f"the last sweep was {seconds:.0f} s ago.", level=INFO)]
    return []


def _compare(audits: Mapping[str, Audit], batch: list[Dossier]) -> list[Finding]:
    found: list[Finding] = []
    final = [d for d in batch if d.checkout is not None and d.checkout.state.is_final]
    for name, audit in audits.items():
        if name not in ledgers.JUDGES:
            known = ", ".join(ledgers.JUDGES)
            text = f"CHECKOUT['AUDITS'] names {name!r}, which nobody reads. There are: {known}."
            found.append(Finding("audit", text))
            continue
        facts = audit([str(dossier.id) for dossier in final]) if final else {}
        for dossier in final:
            found += ledgers.compare(name, dossier, facts.get(str(dossier.id), []))
    return found
