"""Sending what is due: claimed by one of all workers, sent with no transaction open, then marked.

A crash between sending and marking sends the same message again, with the same Message-ID. Without
one each mail is sent once. What the mail server does not take is tried again with growing pauses.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from project.shop.mail.recipients import recipient_of
from project.shop.mail.writing import message_of
from project.shop.models import Mail

log = logging.getLogger("shop.mail")
LEASE = timedelta(minutes=2)  # longer than a mail server may take: EMAIL_TIMEOUT for each answer
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 1800.0  # seconds
GIVE_UP_AFTER = timedelta(days=5)
ENDS = (Mail.CONFIRMED, Mail.ABORTED)


def send_due(most: int = 50, fault: Callable[[str], None] = lambda point: None) -> int:
    """Send what is due, up to so many; how many were tried. `fault` names where a process can die."""
    for count in range(most):
        mail = claim()
        if mail is None:
            return count
        _send(mail, fault)
    return most


def claim() -> Mail | None:
    """Take the mail that is due longest; None when there is none that nobody is sending.

    Rule: the mails of a checkout go out in the order in which it happened.
    """
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    waiting = Mail.objects.filter(ended_at__isnull=True)
    before = waiting.filter(checkout=OuterRef("checkout"), id__lt=OuterRef("id"))
    mail = waiting.filter(free, ~Exists(before), due_at__lte=Now()).order_by("due_at").first()
    if mail is None:
        return None
    mine = waiting.filter(free, pk=mail.pk, tries=mail.tries)
    if not mine.update(tries=F("tries") + 1, lease_until=Now() + LEASE):
        return None  # somebody else was faster; the next round looks again
    mail.tries += 1
    return mail


def _send(mail: Mail, fault: Callable[[str], None]) -> None:
    recipient = recipient_of(mail)
    if _mine(mail).filter(heard_at__lt=Now() - GIVE_UP_AFTER).exists():
        log.error("mail %s was given up: it waited for too many days", mail.event)
        _end(mail, Mail.GIVEN_UP)
        return
    if recipient is None or _outdated(mail):
        _end(mail, Mail.OUTDATED if recipient else Mail.NOWHERE)
        return
    try:
        message_of(mail, recipient).send()
    except SMTPRecipientsRefused as refused:
        if all(code >= 500 for code, _text in refused.recipients.values()):
            log.warning("mail %s to %s was refused for good", mail.event, recipient.masked)
            _end(mail, Mail.REFUSED)
        else:
            _later(mail, refused)
    except (SMTPException, OSError) as trouble:
        _later(mail, trouble)
    except Exception as bug:
        log.exception("mail %s could not be written", mail.event)
        _later(mail, bug)
    else:
        fault("sent")
        _end(mail, Mail.SENT)
        log.info("mail %s (%s) was sent to %s", mail.event, mail.kind, recipient.masked)


def _outdated(mail: Mail) -> bool:
    """Nobody is told that we are checking once the end is known."""
    later = Mail.objects.filter(checkout=mail.checkout, kind__in=ENDS)
    return mail.kind == Mail.DOUBT and later.exists()


def _later(mail: Mail, trouble: Exception) -> None:
    """Try again after a pause that grows. Of the trouble its name is kept: its text has addresses."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(mail.tries - 1, 20))
    pause *= random.uniform(0.75, 1.25)  # a server that comes back is not met by all at once
    error = f"{type(trouble).__name__} {getattr(trouble, 'smtp_code', '')}".strip()
    log.warning("mail %s was not taken (%s); again in %.0f s", mail.event, error, pause)
    _mine(mail).update(due_at=Now() + timedelta(seconds=pause), lease_until=None, error=error)


def _end(mail: Mail, outcome: str) -> None:
    _mine(mail).update(ended_at=Now(), outcome=outcome, lease_until=None)


def _mine(mail: Mail) -> QuerySet[Mail, Any]:
    """The row, unless somebody else has claimed it since."""
    return Mail.objects.filter(pk=mail.pk, tries=mail.tries, ended_at__isnull=True)
