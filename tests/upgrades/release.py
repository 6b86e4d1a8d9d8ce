"""A release as it is kept: its tables as text, its provider's ledger, the messages in its queue.

`rows.jsonl` has one line per row, without the columns that hold their default. `queue.jsonl` has the
messages as they lay in the queue, signature and text apart. `release.json` says what it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from checkout.domain.value_objects.money import Money
from checkout.domain.value_objects.payment_facts import PaymentFacts
from checkout.testing.fake_payments import FakePayment, FakePayments

FOLDER = Path(__file__).parent
APPS = ("checkout", "shop")
SIGNATURE = 32
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)")


def releases() -> list[str]:
    """The releases that are kept, by folder name."""
    return sorted(path.parent.name for path in FOLDER.glob("release_*/release.json"))


def rows() -> Iterator[str]:
    """Every row of the checkout's and the shop's tables, as a line of JSON."""
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            for row in model._default_manager.order_by("pk"):
                yield json.dumps({"model": model._meta.label_lower, **_columns(row)}, default=_text)


def _columns(row: models.Model) -> dict[str, Any]:
    stored = {f.attname: (f.value_from_object(row), f) for f in row._meta.concrete_fields}
    return {name: value for name, (value, f) in stored.items() if value != f.get_default()}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def ledger_to_json(provider: FakePayments) -> dict[str, Any]:
    """The provider's books."""
    payments = {
        reference: {
            "money": payment.money.to_json(),
            "facts": payment.facts.to_json(),
            "pending": payment.pending,
            "moved": sorted(payment.moved),
            "asked": payment.asked,
        }
        for reference, payment in provider.payments.items()
    }
    return {"keys": provider.keys, "payments": payments}


def ledger_from_json(said: dict[str, Any]) -> FakePayments:
    """A provider with these books."""
    provider = FakePayments()
    provider.keys = dict(said["keys"])
    for reference, payment in said["payments"].items():
        provider.payments[reference] = FakePayment(
            reference,
            Money.from_json(payment["money"]),
            PaymentFacts.from_json(payment["facts"]),
            payment["pending"],
            set(payment["moved"]),
            list(payment.get("asked", ())),  # refunds that are pending
        )
    return provider


def migrated(targets: Iterable[tuple[str, str]] | None = None) -> Any:
    """Migrate to these migrations, or to the newest; the models as they were there."""
    executor = MigrationExecutor(connection)
    goal = list(targets or executor.loader.graph.leaf_nodes())
    executor.migrate(goal)
    return MigrationExecutor(connection).loader.project_state(goal).apps


class Release:
    """One kept release. Its times are moved, as if it had been stopped just now."""

    def __init__(self, name: str) -> None:
        self.folder = FOLDER / name
        self.said: dict[str, Any] = json.loads((self.folder / "release.json").read_text())
        taken = datetime.fromisoformat(self.said["taken_at"])
        self._passed = timedelta(seconds=int((datetime.now(UTC) - taken).total_seconds()))

    def load(self) -> None:
        """Put the rows into the database, with the models as they were then."""
        state = migrated(self.said["migrations"].items())
        lines = (self.folder / "rows.jsonl").read_text().splitlines()
        used: set[Any] = set()
        with transaction.atomic():
            for line in lines:
                said = json.loads(MOMENT.sub(self._later, line))
                model = state.get_model(said.pop("model"))
                model(**_values(model, said)).save_base(raw=True)
                used.add(model)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), sorted(used, key=str)):
                cursor.execute(statement)

    def provider(self) -> dict[str, Any]:
        """The provider's books."""
        said: dict[str, Any] = json.loads((self.folder / "provider.json").read_text())
        return said

    def messages(self) -> list[bytes]:
        """What lay in the queue, byte by byte."""
        lines = (self.folder / "queue.jsonl").read_text().splitlines()
        said = [json.loads(line) for line in lines]
        return [bytes.fromhex(one["signature"]) + one["text"].encode() for one in said]

    def _later(self, found: re.Match[str]) -> str:
        return (datetime.fromisoformat(found.group()) + self._passed).isoformat()


def _values(model: Any, said: dict[str, Any]) -> dict[str, Any]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {name: _value(fields[name], value) for name, value in said.items()}


def _value(field: Any, value: Any) -> Any:
    if field.remote_field is not None:
        return _value(field.target_field, value)
    return value if isinstance(field, models.JSONField) else field.to_python(value)


def keep(name: str, said: dict[str, Any], provider: FakePayments, messages: list[bytes]) -> Path:
    """Write a release down. Raises FileExistsError: what was released never changes."""
    folder = FOLDER / name
    folder.mkdir()
    queue = [{"signature": m[:SIGNATURE].hex(), "text": m[SIGNATURE:].decode()} for m in messages]
    _write(folder / "rows.jsonl", rows())
    _write(folder / "queue.jsonl", map(json.dumps, queue))
    _write(folder / "provider.json", [json.dumps(ledger_to_json(provider), indent=1)])
    _write(folder / "release.json", [json.dumps(said, indent=1)])
    return folder


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n")
