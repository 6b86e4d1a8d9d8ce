"""What must hold after everything that can happen: read from the neighbours' ledgers and our rows.

The numbers are those of the invariants that the project states: S safety, L liveness, Q quality.
Every broken one is an AssertionError whose first line says which.
"""

from __future__ import annotations

from collections import Counter

from checkout.adapters.outbound.persistence import database_time
from checkout.adapters.outbound.persistence.models import (
    CheckoutInbox,
    CheckoutOutbox,
    CheckoutProgress,
    CheckoutSummary,
)
from checkout.application.use_cases import settle_money
from checkout.domain.checkout import Checkout
from checkout.domain.effect import Outcome
from checkout.domain.value_objects.cart_snapshot import CartSnapshot
from checkout.read_models.checkout_progress import project
from checkout.read_models.checkout_summary import summarise
from checkout.sagas.checkout_saga import EDGES
from checkout.testing.proof.world import World

STOCK = {"mug": 10, "bowl": 1}


def check(world: World, most_calls: int | None = None) -> None:
    """Everything that must hold once a checkout came to rest. `most_calls`: of each key (Q4)."""
    checkout = world.checkout
    assert checkout.state.is_final, f"L1: it rests in {checkout.state}: {world.row.due_at}"
    check_always(world)
    completed = checkout.state == "completed"
    _stock(world, checkout, completed)
    _orders(world, checkout, completed)
    _money(world, checkout, completed)
    _coupons(world, checkout, completed)
    _cart(world, completed)
    _events(world, checkout, completed)
    _nothing_waits(world)
    _messages(world)
    if most_calls is not None:
        _few_calls(world, most_calls)


def check_always(world: World) -> None:
    """What holds at every commit, at rest or not."""
    assert not world.wrong, world.wrong[0]
    checkout = world.checkout
    _history(checkout)
    _journal(world, checkout)
    _read_models(world, checkout)
    for sku in STOCK:
        assert world.inventory.free(sku) >= 0, f"S1: {sku} is oversold"


def _history(checkout: Checkout) -> None:
    """S7: a path of the graph, with every version from 1 to the last."""
    versions = [passage.version for passage in checkout.history]
    assert versions == list(range(1, checkout.version + 1)), f"S7: versions {versions}"
    state = ""
    for passage in checkout.history:
        assert passage.source == state, (
            f"S7: {passage.edge} begins in {passage.source}, not {state}"
        )
        if passage.edge != "start_checkout":
            edge = EDGES[passage.edge]
            assert passage.source in edge.sources, f"S7: {passage.edge} from {passage.source}"
            assert passage.target == (edge.target or passage.source), f"S7: {passage}"
        state = passage.target
    assert state == checkout.state, f"S7: the history ends in {state}, the row is {checkout.state}"


def _journal(world: World, checkout: Checkout) -> None:
    """S8: every call has an intent with its key; S6: the snapshot is what was frozen."""
    keys = {effect.key for effect in checkout.effects.values()}
    for fake in world.neighbours.values():
        for method, key in fake.calls:
            local = fake.transactional  # a crash takes the intent of a local call with it
            assert local or key in keys, f"S8: {fake.name}.{method} had no intent: {key}"
    if checkout.snapshot is not None:
        assert world.row.snapshot_digest == checkout.snapshot.digest, "S6: the snapshot moved"


def _read_models(world: World, checkout: Checkout) -> None:
    """S13: what is shown is the fold of what is stored; S10: at the version of the row."""
    shown = CheckoutProgress.objects.get(pk=checkout.id)
    assert shown.body == project(checkout), "S13: the stored progress is not the rebuilt one"
    assert (shown.version, shown.state) == (checkout.version, checkout.state), "S10: it lags"
    stored = CheckoutSummary.objects.filter(pk=checkout.id).first()
    assert (stored.body if stored else None) == summarise(checkout), "S13: the summary differs"
    owing = settle_money.unsettled(checkout)
    assert world.row.unsettled == owing, "S13: the list of what is owed is wrong"
    pushed = world.bell.pushed
    assert len(pushed) == len(set(pushed)), f"S10: a version was pushed twice: {pushed}"
    assert max(pushed, default=0) <= checkout.version, f"S10: pushed, but not stored: {pushed}"


def _stock(world: World, checkout: Checkout, completed: bool) -> None:
    """S1, S2: held by nobody; taken once when completed, never when aborted."""
    inventory = world.inventory
    assert not inventory.held, f"S2: still held: {inventory.held}"
    taken: Counter[str] = Counter()
    for lines in inventory.committed.values():
        taken.update(lines)
    wanted: Counter[str] = Counter()
    if completed:
        for line in checkout.frozen.lines:
            wanted[line.sku] += line.quantity
    assert taken == wanted, f"S2: taken {dict(taken)}, ordered {dict(wanted)}"
    for sku in STOCK:
        free, stock = inventory.free(sku), inventory.stock[sku]
        assert free + taken[sku] == stock, f"S1: {sku}: {free} + {taken[sku]} is not {stock}"


def _orders(world: World, checkout: Checkout, completed: bool) -> None:
    """S3: one order, bit for bit the snapshot; none when aborted."""
    live: list[CartSnapshot] = list(world.orders.live.values())
    assert live == ([checkout.frozen] if completed else []), f"S3: {len(live)} live orders"
    assert bool(checkout.order) or not completed, "S3: completed without a reference"


def _money(world: World, checkout: Checkout, completed: bool) -> None:
    """S4, L4: kept is the total or nothing, nothing stays authorised, and nothing can come any more."""
    facts = [payment.facts for payment in world.payments.payments.values()]
    kept = sum(fact.kept for fact in facts)
    due = checkout.total - world.staff_refunds.get(checkout.id, 0) if completed else 0
    assert kept == due, f"S4: {kept} kept, {due} due"
    for fact in facts:
        assert fact.returned <= fact.captured, "S4: more was returned than captured"
        assert fact.captured <= fact.authorised, "S4: more was captured than authorised"
        assert fact.uncaptured == 0, f"S4: {fact.uncaptured} still authorised"
        assert fact.closed or fact.paid, "S4: a payment is still open"
    assert not settle_money.unsettled(checkout), "L4: money is still owed"


def _coupons(world: World, checkout: Checkout, completed: bool) -> None:
    """S5: spent once by a completed checkout, free again after an aborted one."""
    codes = checkout.snapshot.coupons if checkout.snapshot else ()
    redeem = checkout.effect("coupons.redeem")
    refused = redeem is not None and redeem.outcome == Outcome.REFUSED
    for code in codes:
        assert world.coupons.uses(code) == int(completed), f"S5: {code} is used"
    spent = list(world.coupons.redeemed.values())
    assert spent == ([checkout.order] if completed and codes and not refused else []), "S5: spent"


def _cart(world: World, completed: bool) -> None:
    """The cart is the shopper's again if and only if nothing was bought."""
    assert bool(world.carts.closed_by) == completed, f"the cart: {world.carts.closed_by}"


def _events(world: World, checkout: Checkout, completed: bool) -> None:
    """S9: exactly one of completed and aborted, and the doubt at most once; consumers see each id,
    in order of sequence."""
    names = [e.name for e in CheckoutOutbox.objects.filter(checkout=checkout.id)]
    ends = [name for name in names if name in ("checkout_completed", "checkout_aborted")]
    assert ends == ["checkout_completed" if completed else "checkout_aborted"], f"S9: {ends}"
    assert names.count("payment_in_doubt") <= 1, f"S9: {names}"
    seen = {event["id"]: event["sequence"] for event in world.published.events}
    assert len(seen) == len(names), f"S9: {len(seen)} of {len(names)} events arrived"
    assert list(seen.values()) == sorted(seen.values()), "S9: they came out of order"


def _nothing_waits(world: World) -> None:
    """L2: nothing overdue, outbox empty, inbox applied."""
    now = database_time.read_now()
    due = world.row.due_at
    assert due is None or due > now, f"L2: overdue since {due}"
    assert not CheckoutOutbox.objects.filter(checkout=world.id, sent_at=None).exists(), "L2: outbox"
    waiting = CheckoutInbox.objects.filter(checkout=world.id, applied_at=None)
    assert not waiting.exists(), f"L2: inbox {list(waiting)}"


def _messages(world: World) -> None:
    """W11 to W13: whatever the provider was told we have is stored, and stored once."""
    rows = CheckoutInbox.objects.filter(source="provider:fake", checkout=world.id)
    stored = Counter(rows.values_list("message_id", flat=True))
    sent = {event for event in world.delivered if event.startswith("evt-")}
    assert sent <= set(stored), f"L2: acknowledged {sorted(sent)}, stored {sorted(stored)}"
    assert max(stored.values(), default=1) == 1, f"S8: a message was taken twice: {dict(stored)}"


def _few_calls(world: World, most: int) -> None:
    """Q4: a crash costs at most one more call of each key; lookups are polls and not counted.

    A local call that raises takes back the calls before it in its unit: they are made once more.
    """
    local = [fake for fake in world.neighbours.values() if fake.transactional]
    taken_back = sum(fake.raised for fake in local)
    for fake in world.neighbours.values():
        allowed = most + taken_back if fake.transactional else most
        counted = Counter(key for method, key in fake.calls if method != "lookup")
        for key, times in counted.items():
            assert times <= allowed, f"Q4: {fake.name} was called {times} times for {key}"
