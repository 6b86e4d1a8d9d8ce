"""`checkout rebuild`: fold the read models anew from what is stored, and prove that they are equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from checkout.adapters.outbound.persistence.repositories.doctor_queries import Dossier
from checkout.adapters.outbound.persistence.repositories.read_model_rebuild import (
    ReadModelRebuild,
    differences,
)
from checkout.domain.value_objects.checkout_id import CheckoutId, parse_checkout_id
from checkout.sagas.checkout_saga import KNOWN_DEFINITIONS

HELP = "Rebuild the read models from session, effects and history."
TRIES = 3  # a checkout that moves while it is rebuilt is looked at again


@dataclass
class Rebuilt:
    """What was done: how many were examined, differed and were rewritten, and which are left."""

    examined: int = 0
    differed: int = 0
    rewritten: int = 0
    foreign: int = 0
    unequal: list[str] = field(default_factory=list)

    def in_words(self) -> str:
        """The figures, then a line for each checkout that is not equal."""
        text = f"{self.examined} examined, {self.differed} differed, {self.rewritten} rewritten."
        if self.foreign:
            text += f" {self.foreign} of a foreign definition were left alone."
        end = [] if self.unequal else ["The read models are what the rows say."]
        return "\n".join([text, *self.unequal, *end])


def arguments(parser: CommandParser) -> None:
    """--check, and ids."""
    parser.add_argument("--check", action="store_true", help="Change nothing; 1 when one differs.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="These checkouts; all without any.")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Rebuild and report. Raises SystemExit with 1 when read models are not equal at the end."""
    done = rebuilt(_known(options["ids"]), check=options["check"])
    out.write(done.in_words())
    if done.unequal:
        raise SystemExit(1)


def rebuilt(ids: Sequence[CheckoutId] = (), check: bool = False) -> Rebuilt:
    """Rebuild these checkouts, or all; with `check` only look."""
    store, done = ReadModelRebuild(), Rebuilt()
    for batch in store.batches(ids):
        done.examined += len(batch)
        differing = _differing(batch, done)
        done.differed += len(differing)
        if not check:
            differing = _rewritten(store, differing, done)
        done.unequal += [f"{d.id}: {_what(d)}" for d in differing]
    return done


def _differing(batch: Sequence[Dossier], done: Rebuilt) -> list[Dossier]:
    known = [d for d in batch if d.definition_version in KNOWN_DEFINITIONS]
    done.foreign += len(batch) - len(known)
    return [d for d in known if d.checkout is None or differences(d, d.checkout)]


def _rewritten(store: ReadModelRebuild, left: list[Dossier], done: Rebuilt) -> list[Dossier]:
    """Rewrite them and read them again; those that are still not equal."""
    for _ in range(TRIES):
        if not left:
            break
        done.rewritten += sum(store.rewrite(d.checkout) for d in left if d.checkout is not None)
        again = [dossier for batch in store.batches([d.id for d in left]) for dossier in batch]
        left = [d for d in again if d.checkout is None or differences(d, d.checkout)]
    return left


def _what(dossier: Dossier) -> str:
    if dossier.checkout is None:
        return f"its rows cannot be read: {dossier.unreadable}"
    return f"{' and '.join(differences(dossier, dossier.checkout))} differ from its rows."


def _known(texts: Sequence[str]) -> list[CheckoutId]:
    """Raises CommandError for what is no checkout."""
    try:
        ids = [parse_checkout_id(text) for text in texts]
    except ValueError as error:
        raise CommandError("An id of a checkout is a UUID.") from error
    if not ids:
        return []
    found = {dossier.id for batch in ReadModelRebuild().batches(ids) for dossier in batch}
    missing = [str(pk) for pk in ids if pk not in found]
    if missing:
        raise CommandError(f"There is no checkout {', '.join(missing)}, or it moves too fast.")
    return ids
