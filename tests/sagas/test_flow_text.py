"""The documents say what the flow table says, and the comparison can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkout.adapters.inbound.cli import flow
from checkout.sagas import flow_text
from checkout.sagas.checkout_saga import EDGES, FLOW


def test_the_documents_are_up_to_date() -> None:
    assert flow.differing() == []


def test_every_row_and_every_edge_is_told() -> None:
    table, diagram = flow_text.table(), flow_text.diagram()
    for step in FLOW:
        assert f"`{step.name}`" in table
        for call in (*step.calls, *step.undo):
            assert f"`{call}`" in table
    for edge in EDGES.values():
        if edge.target is not None:
            for source in edge.sources:
                assert f"{source} --> {edge.target}: {edge.name}" in diagram


def test_a_changed_document_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme, document = tmp_path / "README.md", tmp_path / "flow.md"
    monkeypatch.setattr(flow, "README", readme)
    monkeypatch.setattr(flow, "DOCUMENT", document)
    readme.write_text(f"before\n{flow_text.BEGIN}\n{flow_text.END}\nafter\n")
    assert len(flow.differing()) == 2
    assert len(flow.write()) == 2
    assert flow.differing() == []
    readme.write_text(readme.read_text().replace("`inventory.reserve`", "`inventory.guess`"))
    assert len(flow.differing()) == 1
    assert readme.read_text().startswith("before\n")
    assert readme.read_text().endswith("\nafter\n")


@pytest.mark.parametrize(
    "text", ["", flow_text.BEGIN, f"{flow_text.END}{flow_text.BEGIN}", flow_text.BEGIN * 2]
)
def test_missing_markers_are_said(text: str) -> None:
    with pytest.raises(ValueError, match="markers"):
        flow_text.between_markers(text)


def test_a_document_without_markers_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "README", tmp_path / "missing.md")
    assert "cannot be compared" in flow.differing()[0]
