"""The one Huey task: look at a checkout. It decides nothing and may come late, twice or never."""

from __future__ import annotations

from contextlib import nullcontext

from huey.contrib.djhuey import HUEY

from checkout.adapters.inbound import queue_watch
from checkout.adapters.inbound.connections import close_connections, kept_connections
from checkout.adapters.inbound.sweep import start_sweep, stop_sweep
from checkout.bootstrap import services
from checkout.domain.exceptions import StorageUnavailable
from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.sagas.engine import Tick
from checkout.sagas.working_copy import Telling


@HUEY.task(name="tick", __module__="checkout", retries=0)
def tick(checkout_id: str) -> None:
    """Tick one checkout and hand over what it has to tell."""
    start_sweep()  # a worker whose sweep has died gets a new one with its next task
    queue_watch.note_task()
    with nullcontext() if HUEY.immediate else kept_connections():  # immediate: of the caller
        look_at(checkout_id, "system:worker")


def look_at(checkout_id: str, actor: str) -> None:
    """One tick, and a relay if it did anything; an outage of the database is left to the sweep."""
    chosen = services()
    known = parse_checkout_id(checkout_id)
    telling: Telling = []
    if chosen.engine.tick(known, actor, telling) in (Tick.NOTHING, Tick.STORAGE):
        return
    try:
        chosen.relay.deliver(known, *telling)
    except StorageUnavailable:
        return


@HUEY.on_startup()
def sweep_with_this_worker() -> None:
    """Every worker process sweeps; the first of its threads starts the sweep."""
    start_sweep()


@HUEY.on_shutdown()
def stop_sweeping() -> None:
    """A worker that ends lets the ticks of its sweep finish, too."""
    stop_sweep()
    close_connections()
