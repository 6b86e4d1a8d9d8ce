"""`checkout flow`: print the flow table and the diagram, write or compare the two documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from checkout.sagas import flow_text

HELP = "Print the flow table and its diagram."
PACKAGE = Path(__file__).resolve().parents[3]
README = PACKAGE / "README.md"
DOCUMENT = PACKAGE.parent / "docs" / "flow.md"


def arguments(parser: CommandParser) -> None:
    """--check or --write."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="Fail when the documents differ.")
    choice.add_argument("--write", action="store_true", help="Write the documents.")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print, compare or write. Raises CommandError with what differs."""
    if options["write"]:
        out.write("\n".join(write()) or "Nothing changed.")
    elif options["check"]:
        if different := differing():
            raise CommandError("\n".join(different))
        out.write("The documents say what the flow table says.")
    else:
        out.write(shown())


def shown() -> str:
    """What is printed: the table, then the diagram."""
    return f"{flow_text.table()}\n\n{flow_text.diagram()}\n"


def wanted() -> dict[Path, str]:
    """Each document with the text that it should have. Raises ValueError without the markers."""
    text = README.read_text(encoding="utf-8")
    return {README: flow_text.between_markers(text), DOCUMENT: flow_text.document()}


def differing() -> list[str]:
    """A sentence for every document that does not say what the table says."""
    try:
        return [
            f"{path.parent.name}/{path.name} differs from the flow table: write it again."
            for path, text in wanted().items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
    except (OSError, ValueError) as error:
        return [f"checkout/README.md cannot be compared: {error}"]


def write() -> list[str]:
    """Write both documents; the names of those that changed."""
    changed = []
    for path, text in wanted().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(f"{path.parent.name}/{path.name}")
    return changed
