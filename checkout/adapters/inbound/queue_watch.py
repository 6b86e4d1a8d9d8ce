"""Whether this process works off a queue in which something waits: the sweep leaves that to it."""

from __future__ import annotations

import time

from checkout.bootstrap import services

LATELY_SECONDS = 2.0


class _Last:
    """When a thread of this process took a task last."""

    task = float("-inf")


def note_task() -> None:
    """A task was taken from the queue."""
    _Last.task = time.monotonic()


def is_worked_off() -> bool:
    """True while tasks are taken and more of them wait.

    A queue that is empty, does not answer, or is not taken from is no reason to wait for it.
    """
    lately = time.monotonic() - _Last.task < LATELY_SECONDS
    return lately and bool(services().queue.waiting())
