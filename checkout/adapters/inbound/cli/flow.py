"""`checkout flow`: print the flow table and the diagram, write or compare the two documents."""

from __future__ import annotations

from pathlib import Path

from checkout.sagas import flow_text

PACKAGE = Path(__file__).resolve().parents[3]
README = PACKAGE / "README.md"
DOCUMENT = PACKAGE.parent / "docs" / "flow.md"


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
