"""The flow table as text: a markdown table and a mermaid diagram, made from checkout_saga alone.

`checkout/README.md` holds the table between two markers and `docs/flow.md` the diagram. Neither is
written by hand: `manage.py checkout flow` prints both, and a test compares them.
"""

from __future__ import annotations

from checkout.domain.value_objects.checkout_state import FINAL_STATES, CheckoutState
from checkout.sagas.checkout_saga import BESIDE_THE_TABLE, FLOW, SETTLE_MONEY, Edge, Step

BEGIN = "<!-- flow table: made by `manage.py checkout flow --write`, not by hand -->"
END = "<!-- end of the flow table -->"
HEAD = ("step", "in state", "port calls, strictly in order", "then", "within", "undo")


def table() -> str:
    """The rows of the flow and the edges beside them, as two markdown tables."""
    rows = [_row(step) for step in FLOW]
    rows.append(_cells(_code(SETTLE_MONEY), _states(FINAL_STATES), "", "(stays)", "—", "—"))
    edges = [_edge_row(edge) for edge in BESIDE_THE_TABLE if edge.target is not None]
    return "\n".join(
        [
            _cells(*HEAD),
            _cells(*["---"] * len(HEAD)),
            *rows,
            "",
            _cells("edge beside the table", "from", "to", "kind"),
            _cells(*["---"] * 4),
            *edges,
        ]
    )


def diagram() -> str:
    """The states and every edge between them, as a mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {CheckoutState.STARTED}"]
    lines += [f"    {s.state} --> {s.then}: {s.name}" for s in FLOW]
    for edge in BESIDE_THE_TABLE:
        if edge.target is not None:
            mark = " (staff)" if edge.kind == "force" else ""
            lines += [f"    {s} --> {edge.target}: {edge.name}{mark}" for s in edge.sources]
    lines += [f"    {state} --> [*]" for state in FINAL_STATES]
    return "\n".join(lines)


def document() -> str:
    """The whole text of `docs/flow.md`."""
    return "\n".join(
        [
            "# The flow",
            "",
            "Made by `manage.py checkout flow --write` from `checkout/sagas/checkout_saga.py`.",
            "Edit the table there, not this page: a test compares the two.",
            "",
            "```mermaid",
            diagram(),
            "```",
            "",
            table(),
            "",
        ]
    )


def between_markers(text: str) -> str:
    """The same text with the current table between its markers.

    Raises ValueError when the markers are not there, once each and in order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError("The markers of the flow table are not there, once each and in order.")
    before, after = text.split(BEGIN, maxsplit=1)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _row(step: Step) -> str:
    within = f"{step.within:g} s" if step.within is not None else "as long as it takes"
    undo = ", ".join(map(_code, reversed(step.undo))) or "—"
    calls = ", ".join(map(_code, step.calls))
    return _cells(_code(step.name), _code(step.state), calls, _code(step.then), within, undo)


def _edge_row(edge: Edge) -> str:
    target = _code(edge.target) if edge.target else "(stays)"
    return _cells(_code(edge.name), _states(edge.sources), target, edge.kind)


def _states(states: tuple[CheckoutState, ...]) -> str:
    return ", ".join(map(_code, states))


def _code(text: str) -> str:
    return f"`{text}`"


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
