"""The seeded bugs, each with the stories that must notice it, and the hunt for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from checkout.bootstrap import Parts
from checkout.sagas.engine import Engine
from checkout.testing.fakes import FakeInventory
from checkout.testing.proof.exploring import Story, Telling, Trouble, tell, tellings
from checkout.testing.proof.scenarios import SCENARIOS
from checkout.testing.proof.world import World
from tests.interleavings import guards
from tests.mutants import driving, storing

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


class NoTombstone(FakeInventory):
    """A late request for stock is obeyed although it was released before it came."""

    def release(self, key: str, undoes: str) -> None:
        """Give back what is held, and forget it."""
        super().release(key, undoes)
        self.released.discard(undoes)


@dataclass(frozen=True)
class Mutant:
    """One bug. `stories` are told until one of them is wrong; `shows` are the points to begin with."""

    name: str
    seed: Callable[[World], None]
    stories: tuple[str, ...] = ("happy",)
    shows: str = ""


def parts(**broken: type) -> Callable[[World], None]:
    """Put these classes in the places of the real ones."""

    def seed(world: World) -> None:
        world.parts = Parts(**broken)

    return seed


def without_tombstones(world: World) -> None:
    """The neighbour's guard is missing."""
    world.inventory = NoTombstone(remote=not world.inventory.transactional)


def deciding(decides: object) -> Callable[[World], None]:
    """An engine that decides like this."""
    broken: type[Engine] = driving.engine_that(decides)
    return parts(engine=broken)


# fmt: off
STORING = (  # bugs in what the database is asked for
    Mutant("no fence",                      parts(repository=storing.NoFence),
           shows="commit:after"),
    Mutant("no lease",                      parts(repository=guards.NoLease)),
    Mutant("no wake",                       parts(repository=guards.NoWake), ("interrupted",)),
    Mutant("no sweep",                      parts(repository=storing.NoSweep),
           shows="enqueue:after"),
    Mutant("no relay",                      parts(outbox=storing.NoRelay),
           shows="publish:before"),
    Mutant("inbox takes a message twice",   parts(repository=storing.InboxTakesTwice),
           ("told_by_message_only",)),
    Mutant("early message ignored",         parts(repository=storing.EarlyMessageIgnored),
           ("message_too_early",)),
    Mutant("clock of the worker's own",     parts(repository=storing.SkewedClock)),
    Mutant("lease for a day",               parts(repository=storing.LeaseForADay),
           shows="claimed"),
    Mutant("stale read model",              parts(repository=storing.StaleReadModel)),
    Mutant("changes without a version",     parts(repository=storing.HistoryOnlyOfEdges)),
    Mutant("sent before published",         parts(outbox=storing.SentBeforePublished),
           shows="publish:before"),
    Mutant("newest event first",            parts(outbox=storing.NewestEventFirst)),
    Mutant("event id per try",              parts(outbox=storing.EventIdPerTry),
           shows="publish:before"),
    Mutant("unfenced staff write",          parts(desk=storing.UnfencedStaffWrite),
           ("forced_to_pay_again", "cancelled")),
)
DRIVING = (  # bugs in what is decided and called
    Mutant("no intent",                     parts(engine=driving.NO_INTENT),
           shows="carts.snapshot:after"),
    Mutant("no tombstone",                  without_tombstones, ("stock_answers_too_late",)),
    Mutant("fresh key per try",             parts(engine=driving.FRESH_KEY)),
    Mutant("prices not frozen",             parts(engine=driving.OTHER_ARGUMENTS),
           ("prices_change",)),
    Mutant("close trusted without answer",  parts(engine=driving.TRUSTS_CLOSE),
           ("never_paid_nor_answered",)),
    Mutant("unknown taken for refused",     parts(engine=driving.UNKNOWN_IS_REFUSED),
           ("answers_are_lost",)),
    Mutant("abort obeyed too late",         parts(engine=driving.ABORT_ALWAYS_OBEYED),
           ("aborted_too_late",), "enqueue:before"),
    Mutant("push before commit",            parts(engine=driving.PUSH_BEFORE_COMMIT),
           shows="commit:after"),
    Mutant("forgotten timer",               parts(engine=driving.FORGOTTEN_TIMER),
           ("never_paid",)),
    Mutant("retry without a generation",    parts(engine=driving.SAME_GENERATION),
           ("declined_then_paid",)),
    Mutant("reference not stored",          parts(engine=driving.LOST_REFERENCE)),
    Mutant("undo only of what is done",     deciding(driving.compensates_only_what_is_done),
           ("stock_answers_too_late", "sold_out")),
    Mutant("release before close",          deciding(driving.releases_before_closing),
           ("cancelled",)),
    Mutant("deadline without closing",      deciding(driving.aborts_at_the_deadline),
           ("paid_in_the_last_moment",)),
    Mutant("money not given back",          deciding(driving.forgets_the_money),
           ("cancelled_when_paid",)),
    Mutant("refund counted when asked",     parts(engine=driving.COUNTS_REFUND_AT_ONCE),
           ("refund_unanswered",)),
    Mutant("coupon not given back",         deciding(driving.forgets_the_coupon),
           ("cancelled",)),
    Mutant("capture before the order",      deciding(driving.captures_before_the_order)),
)
# fmt: on
MUTANTS = STORING + DRIVING


def stories_of(mutant: Mutant) -> Iterable[Story]:
    """Its stories, with neighbours across the network and in our database."""
    return [Story(BY_NAME[name], remote) for name in mutant.stories for remote in (True, False)]


def caught(mutant: Mutant) -> str:
    """What was noticed of it, in words; empty when nothing was."""
    for story in stories_of(mutant):
        for telling in chain(shortcut(mutant, story), tellings(story, 1, mutant.seed)):
            if telling.wrong:
                return telling.in_words
    return ""


def shortcut(mutant: Mutant, story: Story) -> Iterable[Telling]:
    """Trouble at the points of the kind at which the bug shows: all others are told after it."""
    if not mutant.shows:
        return
    first = tell(story, (), mutant.seed)
    for at in first.crashes:
        if first.points[at] == mutant.shows:
            kinds = ("stall", "crash") if at in first.stalls else ("crash",)
            yield from (tell(story, (Trouble(kind, at),), mutant.seed) for kind in kinds)
