"""`checkout resume ID`: try now what a checkout waits for, in this process, and say how it is then.

For the hour in which no worker runs, or nobody wants to wait for a pause: the same engine, the same
inbox and the same lease as a worker's, so it does no harm beside one.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from checkout.adapters.inbound.cli.explain import explained
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.bootstrap import services
from checkout.domain.exceptions import Refused, UnknownCheckout
from checkout.domain.value_objects.checkout_id import parse_checkout_id
from checkout.sagas.engine import Tick

HELP = "Try now what a checkout waits for, without a worker, and say how it is then."
ACTOR = "system:resume"
CAME_TO = {
    Tick.WAITS: "It did what was due.",
    Tick.NOTHING: "Somebody else is on it now, or a release that this one does not know owns it.",
    Tick.LOST: "Somebody else took it over in the middle.",
    Tick.PARKED: "Our own code failed on it: the log above says how.",
    Tick.STORAGE: "The database did not answer: try again.",
}


def arguments(parser: CommandParser) -> None:
    """The ids and why."""
    parser.add_argument("ids", nargs="+", metavar="ID", help="The id of a checkout.")
    parser.add_argument("--reason", default="", help="Kept with the command.")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Resume each of them. Raises CommandError at the end when one was unknown or not resumed."""
    failed = [named for named in options["ids"] if not _resumed(named, options["reason"], out)]
    if failed:
        raise CommandError(f"Not resumed: {', '.join(failed)}")


def _resumed(named: str, reason: str, out: OutputWrapper) -> bool:
    try:
        checkout_id = parse_checkout_id(named)
        order = Command(checkout_id, "retry_now", ACTOR, payload={"reason": reason})
        services().desk.submit(order)
    except (ValueError, UnknownCheckout):
        out.write(f"There is no checkout {named!r}.")
        return False
    except Refused as no:
        out.write(f"{checkout_id}: {no.message}")
        return False
    came_to = services().engine.tick(checkout_id, ACTOR)
    services().relay.deliver(checkout_id)
    out.write("\n".join([CAME_TO[came_to], *explained(named)]))
    return came_to == Tick.WAITS
