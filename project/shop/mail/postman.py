"""The postman: a thread of every worker process that looks each second for mails to send.

It reads rows and never a queue, so nothing is lost with Redis, and the embedded form needs no more.
"""

from __future__ import annotations

import logging
import os
import threading
from functools import cache

from django.conf import settings
from django.db import connection

from project.shop.mail.sending import send_due

log = logging.getLogger("shop.mail")
EVERY_SECONDS = 1.0
STOP_SECONDS = 2.0


class Postman(threading.Thread):
    """Rounds until stopped. One that fails, say in an outage of the database, stops no other."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        super().__init__(name="shop-postman", daemon=True)
        self.every = every
        self._stopped = threading.Event()
        self._failing = False

    def run(self) -> None:
        """Go round."""
        while not self._stopped.wait(self.every):
            self.round()
        connection.close()

    def round(self) -> None:
        """Send what is due; an outage is told of once.

        The connection is kept: to make one each second would cost more than to look.
        """
        try:
            send_due()
            self._failing = False
        except Exception as error:
            if not self._failing:
                log.warning("the mails have to wait: %s", type(error).__name__)
            self._failing = True
            connection.close()

    def stop(self) -> None:
        """End after the mail that is being sent."""
        self._stopped.set()


_starting = threading.Lock()
_postmen: dict[int, Postman] = {}


def start_postman() -> Postman | None:
    """Start this process's postman, unless there is one; None where mails are not sent."""
    if not settings.SENDS_MAILS:
        _say_that_mails_wait()
        return None
    with _starting:
        postman = _postmen.get(os.getpid())
        if postman is None or not postman.is_alive():
            postman = _postmen[os.getpid()] = Postman()
            postman.start()
        return postman


@cache
def _say_that_mails_wait() -> None:
    """Once in each process."""
    log.warning("EMAIL_URL is not set: mails are kept, and wait until a mail server is named")


def stop_postman() -> None:
    """Stop it, and let it finish for a few seconds; what is not sent is sent by another."""
    with _starting:
        postman = _postmen.pop(os.getpid(), None)
    if postman is not None:
        postman.stop()
        postman.join(STOP_SECONDS)
