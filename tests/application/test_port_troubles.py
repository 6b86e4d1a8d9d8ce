"""Every port call of the flow table goes wrong in every way, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.conf import settings

from checkout.sagas.checkout_saga import FLOW, UNDO
from checkout.testing.proof.invariants import check
from checkout.testing.proof.scenarios import SCENARIOS, Scenario, drive, told
from checkout.testing.proof.world import World

pytestmark = pytest.mark.django_db

STORIES = {scenario.name: scenario for scenario in SCENARIOS}
FORWARD = tuple(call for step in FLOW for call in step.calls)
BACKWARD = tuple(dict.fromkeys(UNDO.values()))
SETTLE = ("payments.void", "payments.refund")
KINDS = ("refused", "unavailable", "lost", "bug", "crash_before", "crash_after")
FOR_EVER = 500
# Across the network on PostgreSQL, in our database on SQLite; test_crashes has it the other way round.
REMOTE = "sqlite" not in settings.DATABASES["default"]["ENGINE"]
NEIGHBOURS = [pytest.param(REMOTE, id="remote" if REMOTE else "local")]
# After these nothing goes back, so that silence has no end but a person.
NO_WAY_BACK = ("inventory.commit", "orders.place", "payments.capture", "coupons.redeem")
REFUSED_AND_YET_COMPLETED = ("coupons.redeem", "payments.lookup")


@dataclass(frozen=True)
class Trouble:
    """One call, what goes wrong with it, and the story in which the call is made."""

    call: str
    kind: str
    times: int = 1

    @property
    def story(self) -> Scenario:
        """The story in which this call is made."""
        if self.call in ("payments.void", "orders.cancel"):
            return STORIES["refunded"]
        if self.call in ("payments.refund", *SETTLE):
            return STORIES["refunded"]
        if self.call in BACKWARD:
            return STORIES["never_paid"]
        return STORIES["happy"]

    def arrange(self, world: World) -> None:
        """Plan it; a refused capture brings an order that must be cancelled."""
        port, method = self.call.split(".")
        world.neighbours[port].trouble(method, self.kind, self.times)
        if self.call in ("orders.cancel", "payments.void"):
            world.payments.sale = False
            world.inventory.stock["mug"] = 10

    def __str__(self) -> str:
        return f"{self.call}-{self.kind}{'-for-ever' if self.times > 1 else ''}"


def once(calls: tuple[str, ...]) -> list[Trouble]:
    """Every kind of trouble, once, for each of these calls."""
    return [Trouble(call, kind) for call in calls for kind in KINDS]


@pytest.mark.parametrize("remote", NEIGHBOURS)
@pytest.mark.parametrize("trouble", once(FORWARD), ids=str)
def test_forward(trouble: Trouble, remote: bool) -> None:
    with told(STORIES["happy"], remote) as world:
        trouble.arrange(world)
        drive(world, STORIES["happy"].shopper)
        refused = trouble.kind == "refused" and trouble.call not in REFUSED_AND_YET_COMPLETED
        assert world.checkout.state == ("aborted" if refused else "completed")
        assert (world.checkout.failure is not None) == refused
        check(world, most_calls=2)


@pytest.mark.parametrize("remote", NEIGHBOURS)
@pytest.mark.parametrize("trouble", once(BACKWARD), ids=str)
def test_backward(trouble: Trouble, remote: bool) -> None:
    """F3, H2, H4: a refused undo is flagged and passed over, everything else given back."""
    story = STORIES["never_paid"] if trouble.call != "orders.cancel" else STORIES["happy"]
    with told(story, remote) as world:
        trouble.arrange(world)
        if trouble.call == "orders.cancel":
            world.payments.trouble("capture", "refused")
        drive(world, story.shopper)
        assert world.checkout.state == "aborted"
        if trouble.kind != "refused" or trouble.call == "payments.close":
            check(world, most_calls=2)
        else:
            assert world.checkout.needs_attention == "undo_refused"


@pytest.mark.parametrize("trouble", once(SETTLE), ids=str)
def test_settling(trouble: Trouble) -> None:
    story = STORIES["refunded"]
    with told(story, remote=True) as world:
        world.payments.sale = trouble.call == "payments.refund"
        trouble.arrange(world)
        world.payments.sale = trouble.call == "payments.refund"
        drive(world, _sold_out_when_paid if trouble.call == "payments.void" else story.shopper)
        assert world.checkout.state == "aborted"
        check(world, most_calls=2)
        assert world.payments.called(trouble.call.split(".")[1])


def _sold_out_when_paid(world: World) -> None:
    """As in the story of the refund, with money that is only authorised."""
    if world.checkout.state == "awaiting_payment":
        if not world.payments.last.facts.paid:
            world.inventory.stock["mug"] = 0
            world.inventory.lapsed |= set(world.inventory.held)
            world.payments.pay()
        world.order("confirm")
    elif world.checkout.state.is_final:
        world.inventory.stock["mug"] = 10


@pytest.mark.parametrize("remote", NEIGHBOURS)
@pytest.mark.parametrize(
    "call", [c for c in FORWARD if c not in NO_WAY_BACK and not c.startswith("payments.")]
)
def test_silence_for_ever_forward_ends_in_a_clean_refusal(call: str, remote: bool) -> None:
    """`within` is over: everything is given back, also what was never answered."""
    with told(STORIES["happy"], remote) as world:
        Trouble(call, "unavailable", FOR_EVER).arrange(world)
        drive(world, STORIES["happy"].shopper)
        assert world.checkout.state == "aborted"
        assert world.checkout.failure is not None
        assert world.checkout.failure.code == "timed_out"
        check(world)


@pytest.mark.parametrize("remote", NEIGHBOURS)
@pytest.mark.parametrize("call", [*NO_WAY_BACK, *BACKWARD, *SETTLE, "payments.initiate"])
def test_silence_for_ever_is_shown_to_staff_and_ends_when_they_answer(
    call: str, remote: bool
) -> None:
    """H4: where nobody may give up, it is asked for ever, flagged, and goes on with the answer."""
    story = Trouble(call, "").story
    with told(story, remote) as world:
        shopper = story.shopper
        if call in ("orders.cancel", "payments.void"):
            shopper = STORIES["happy"].shopper
            world.payments.trouble("capture", "refused")
            world.payments.sale = False
        Trouble(call, "unavailable", FOR_EVER).arrange(world)
        world.start()
        for _ in range(40):
            shopper(world)
            world.tick()
            world.jump()
        assert world.checkout.needs_attention
        assert not world.quiet
        world.neighbours[call.split(".", maxsplit=1)[0]].forget_troubles()
        world.shift(1000)
        drive(world, shopper)
        check(world)
