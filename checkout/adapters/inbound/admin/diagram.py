"""The flow as a picture: the path that was taken, where it is now, and what is possible next.

Boxes and lines are made from the flow table alone: what goes right is a column that is read down,
and beside it is the column of what ends it. The same in words stands next to the picture.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from checkout.domain.value_objects.checkout_state import FORWARD_STATES, CheckoutState
from checkout.sagas.checkout_saga import EDGES, SETTLE_MONEY, STEP_IN, Edge, edges_from

HEIGHT, ROW, TOP = 46, 78, 8
LEFT, WIDE = 60, 178  # the forward column, and room for the lanes on its left
LANES, LANE = LEFT + WIDE + 16, 16
RIGHT, NARROW = LANES + 2 * LANE + 14, 104
HEAD = 7  # the length of an arrow's head
MAIN = (*FORWARD_STATES, CheckoutState.COMPLETED)
SIDE = tuple(state for state in CheckoutState if state not in MAIN)
SAID = {
    "forward": "the engine, when the calls of this state are done",
    "skip": "the engine, since there is nothing to pay",
    "retry": "the shopper, with another payment",
    "failure": "the engine, when it fails, takes too long or is cancelled",
    "force": "staff, by force",
}


@dataclass(frozen=True)
class Box:
    """A state. `marks` are the words past, now and next, as far as they are true."""

    state: CheckoutState
    x: int
    y: int
    width: int
    step: str
    marks: tuple[str, ...]

    @property
    def label(self) -> str:
        """Its name for a reader."""
        return self.state.replace("_", " ")

    @property
    def sign(self) -> str:
        """What tells it without colour."""
        return "●" if "now" in self.marks else "✓" if "past" in self.marks else ""

    # Where its texts stand; a template cannot add.
    height = HEIGHT
    text_x = property(lambda self: self.x + 10)
    label_y = property(lambda self: self.y + 19)
    step_y = property(lambda self: self.y + 36)
    sign_x = property(lambda self: self.x + self.width - 10)


@dataclass(frozen=True)
class Line:
    """An edge from one of its sources. `marks` are the words taken and possible, if they are true."""

    edge: Edge
    source: CheckoutState
    target: CheckoutState
    marks: tuple[str, ...]
    path: str
    head: str

    @property
    def label(self) -> str:
        """Its name and its ends, for a reader."""
        ends = f"{self.source} → {self.target}".replace("_", " ")
        return f"{self.edge.name}: {ends}"


@dataclass(frozen=True)
class Diagram:
    """The picture, and the same in words: the path, the state and what is possible next."""

    boxes: list[Box]
    lines: list[Line]
    path: list[str]
    now: str
    possible: list[tuple[Edge, str]]
    width = RIGHT + NARROW + 8
    height = TOP * 2 + ROW * (len(MAIN) - 1) + HEIGHT

    @property
    def text(self) -> str:
        """All of it in one go, for those who do not see the picture."""
        then = "; ".join(said for _, said in self.possible) or "nothing"
        return f"Path so far: {'; '.join(self.path)}. Now: {self.now}. Possible next: {then}."


def diagram(
    stored: str, passages: Sequence[tuple[str, str, str]], total: int | None = None
) -> Diagram:
    """Of a checkout in this state. `passages` are (edge, source, target), oldest first.

    `total` is the frozen one: it decides whether there is anything to pay.
    """
    moves = [(edge, source, target) for edge, source, target in passages if source != target]
    state = CheckoutState(stored) if stored in set(CheckoutState) else None
    possible = _possible(state, total)
    after = {edge.target for edge in possible}
    been = {end for _, source, target in moves for end in (source, target) if end}
    boxes = [_box(other, _marks(other, state, been, after)) for other in CheckoutState]
    taken = {(edge, source) for edge, source, _ in moves}
    lines = list(_lines(state, taken, {edge.name for edge in possible}))
    return Diagram(
        boxes,
        sorted(lines, key=lambda line: len(line.marks)),  # what matters is drawn over the rest
        [_passed(*move) for move in moves],
        stored.replace("_", " "),
        [(edge, _said(edge, state)) for edge in possible],
    )


def _possible(state: CheckoutState | None, total: int | None) -> list[Edge]:
    """The edges that leave this state; paying, or skipping it, by what is to be paid."""
    edges = edges_from(state) if state else ()
    if not any(edge.kind == "skip" for edge in edges):
        return list(edges)
    other = "forward" if total == 0 else "skip"
    return [edge for edge in edges if edge.kind != other]


def _passed(edge: str, source: str, target: str) -> str:
    ends = f"{source} → {target}" if source else f"begun as {target}"
    return f"{ends.replace('_', ' ')} ({edge})"


def _said(edge: Edge, state: CheckoutState | None) -> str:
    undone = state == CheckoutState.ABORTING
    why = "the engine, when everything is given back" if undone else SAID[edge.kind]
    return f"{str(edge.target).replace('_', ' ')} ({edge.name}): {why}"


def _marks(
    state: CheckoutState,
    now: CheckoutState | None,
    been: Collection[str],
    after: Collection[CheckoutState | None],
) -> tuple[str, ...]:
    if state == now:
        return ("now",)
    return _true({"past": state in been, "next": state in after})


def _true(marks: dict[str, bool]) -> tuple[str, ...]:
    return tuple(mark for mark, true in marks.items() if true)


def _box(state: CheckoutState, marks: tuple[str, ...]) -> Box:
    if state in MAIN:
        step = STEP_IN[state].name if state in STEP_IN else SETTLE_MONEY
        return Box(state, LEFT, TOP + ROW * MAIN.index(state), WIDE, step, marks)
    row = len(MAIN) - 1 - 2 * (len(SIDE) - 1 - SIDE.index(state))
    step = SETTLE_MONEY if state.is_final else "undo"
    return Box(state, RIGHT, TOP + ROW * row, NARROW, step, marks)


def _lines(
    now: CheckoutState | None, taken: Collection[tuple[str, str]], possible: Collection[str]
) -> Iterator[Line]:
    """One for each edge and source, with a lane for those that are not a step down."""
    moves = [(e, s, e.target) for e in EDGES.values() if e.target for s in e.sources]
    across = _lanes([e for e, s, t in moves if (s in MAIN) != (t in MAIN)])
    around = _lanes([e for e, s, t in moves if s in MAIN and t in MAIN and _apart(s, t) != 1])
    for edge, source, target in moves:
        ends = _box(source, ()), _box(target, ())
        if edge.name in across:
            points = _across(*ends, across[edge.name])
        elif edge.name in around:
            points = _around(*ends, around[edge.name])
        else:
            middle = ends[0].x + ends[0].width // 2
            points = [(middle, ends[0].y + HEIGHT), (middle, ends[1].y)]
        truths = {
            "taken": (edge.name, source) in taken,
            "possible": source == now and edge.name in possible,
        }
        yield Line(edge, source, target, _true(truths), *_drawn(points))


def _lanes(edges: list[Edge]) -> dict[str, int]:
    """A number for each edge; the first one has the outermost lane."""
    return {name: number for number, name in enumerate(dict.fromkeys(edge.name for edge in edges))}


def _apart(source: CheckoutState, target: CheckoutState) -> int:
    return MAIN.index(target) - MAIN.index(source)


Points = list[tuple[int, int]]


def _across(source: Box, target: Box, lane: int) -> Points:
    """Out on the right, along the lane, and in on the left of the other column."""
    x, shift = LANES + LANE * lane, 16 * lane - 8
    out, into = source.y + HEIGHT // 2 + shift, target.y + HEIGHT // 2 + shift
    return [(source.x + source.width, out), (x, out), (x, into), (target.x, into)]


def _around(source: Box, target: Box, lane: int) -> Points:
    """Out on the left, along the lane, and in on the left again."""
    x, shift = 12 + LANE * lane, 12 * lane - 12
    out, into = source.y + HEIGHT // 2 + shift, target.y + HEIGHT // 2 + shift
    return [(source.x, out), (x, out), (x, into), (target.x, into)]


def _drawn(points: Points) -> tuple[str, str]:
    """The line and the head of its arrow, as SVG paths."""
    (from_x, from_y), (x, y) = points[-2:]
    across = from_y == y
    back = HEAD if (from_x > x if across else from_y > y) else -HEAD
    base = (x + back, y) if across else (x, y + back)
    wide = HEAD // 2 + 1
    one = (base[0], y - wide) if across else (x - wide, base[1])
    two = (base[0], y + wide) if across else (x + wide, base[1])
    body = " L".join(f"{a} {b}" for a, b in [*points[:-1], base])
    return f"M{body}", f"M{x} {y} L{one[0]} {one[1]} L{two[0]} {two[1]} Z"
