"""Once, with a stable id, whatever the mail server and our own processes do."""

from __future__ import annotations

import logging
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from checkout.testing.scripted import Crash
from project.shop.mail.hearing import hear
from project.shop.mail.postman import Postman
from project.shop.mail.sending import GIVE_UP_AFTER, LEASE, LONGEST_PAUSE, claim, send_due
from project.shop.models import Cart, Mail
from tests import patience
from tests.adapters.mail.conftest import EMAIL, an_event, heard, later
from tests.adapters.mail.mailserver import MailServer
from tests.adapters.persistence.helpers import in_threads

pytestmark = pytest.mark.django_db
A_LEASE = LEASE.total_seconds() + 1


def outcomes() -> list[str]:
    """What became of every mail, oldest first."""
    return list(Mail.objects.order_by("id").values_list("outcome", flat=True))


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_mail_is_sent_once_with_an_id_of_its_event(cart: Cart, server: MailServer) -> None:
    mail = heard(cart)
    assert send_due() == 1
    assert send_due() == 0
    later(A_LEASE)
    assert send_due() == 0
    (message,) = server.received
    assert message["Message-ID"] == f"<{mail.event}@harbourandpine.example>"
    assert message["To"] == EMAIL
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert outcomes() == ["sent"]


def test_an_event_that_comes_again_is_one_mail(cart: Cart, server: MailServer) -> None:
    event = an_event(cart)
    hear(event)
    send_due()
    for _ in range(3):
        hear(event)
        send_due()
    assert len(server.received) == Mail.objects.count() == 1


def test_other_events_are_no_mails(cart: Cart) -> None:
    hear(an_event(cart, "inventory_reserved"))
    assert not Mail.objects.exists()


def test_an_answer_that_was_lost_brings_the_same_message_again(
    cart: Cart, server: MailServer
) -> None:
    heard(cart)
    server.plan = ["lost"]
    send_due()
    assert outcomes() == [""]
    later(10)
    send_due()
    first, second = server.received
    assert first["Message-ID"] == second["Message-ID"]
    assert _text(first) == _text(second), "the link is the same, too"
    assert outcomes() == ["sent"]


def test_a_server_that_is_away_for_a_while_gets_it_once(cart: Cart, server: MailServer) -> None:
    heard(cart)
    server.down()
    pauses = []
    try:
        for _ in range(12):
            before = Mail.objects.get().due_at
            assert send_due() == 1
            assert send_due() == 0, "it rests between two tries"
            mail = Mail.objects.get()
            pauses.append((mail.due_at - before).total_seconds())
            assert mail.lease_until is None
            later(LONGEST_PAUSE * 1.3)
    finally:
        server.up()
    assert pauses[0] < 8
    assert pauses[-1] > pauses[0] * 10
    send_due()
    later(A_LEASE)
    send_due()
    assert len(server.received) == 1
    assert Mail.objects.get().tries == 13


def test_busy_is_asked_again_and_an_unknown_address_is_not(cart: Cart, server: MailServer) -> None:
    heard(cart)
    heard(cart)
    server.plan = ["busy", "unknown"]
    send_due()
    assert sorted(outcomes()) == ["", "refused"]
    later(10)
    send_due()
    assert sorted(outcomes()) == ["refused", "sent"]
    assert len(server.received) == 1
    assert "SMTPDataError 451" in Mail.objects.get(outcome="sent").error


def test_after_days_it_is_given_up(cart: Cart, server: MailServer) -> None:
    heard(cart)
    server.plan = ["busy"]
    send_due()
    later(GIVE_UP_AFTER.total_seconds() + 1)
    send_due()
    assert outcomes() == ["given_up"]
    assert server.received == []


def test_a_crash_between_sending_and_marking_sends_the_same_again(
    cart: Cart, server: MailServer
) -> None:
    heard(cart)

    def die(point: str) -> None:
        raise Crash(point)

    with pytest.raises(Crash):
        send_due(fault=die)
    assert send_due() == 0, "another worker waits until the lease has ended"
    later(A_LEASE)
    assert send_due() == 1
    assert len(server.received) == 2
    assert len(set(server.ids)) == 1
    assert outcomes() == ["sent"]


def test_who_comes_back_too_late_marks_nothing(cart: Cart, server: MailServer) -> None:
    """A worker that was frozen while another took its mail over."""
    heard(cart)

    def frozen(point: str) -> None:
        later(A_LEASE)
        taken = claim()
        assert taken is not None

    send_due(fault=frozen)
    mail = Mail.objects.get()
    assert (mail.outcome, mail.tries) == ("", 2)
    assert mail.lease_until is not None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sends_each_mail(cart: Cart, server: MailServer) -> None:
    mails = [heard(cart) for _ in range(6)]
    in_threads(4, lambda _: [send_due() for _ in range(6)])
    sent = {f"<{mail.event}@harbourandpine.example>" for mail in mails}
    assert len(server.ids) == 6
    assert set(server.ids) == sent


def test_the_mails_of_a_checkout_keep_their_order(cart: Cart, server: MailServer) -> None:
    first = heard(cart)
    second = heard(cart, checkout=first.checkout)
    other = heard(cart)
    server.plan = ["busy"]
    send_due()
    assert [UUID(text[1:37]) for text in server.ids] == [other.event]
    later(10)
    send_due()
    assert [UUID(text[1:37]) for text in server.ids][1:] == [first.event, second.event]


def test_nothing_is_sent_to_nobody(cart: Cart, server: MailServer) -> None:
    Cart.objects.update(email="")
    heard(cart)
    send_due()
    assert outcomes() == ["no_address"]
    assert server.received == []


def test_addresses_and_links_are_in_no_log_and_no_row(
    cart: Cart, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard(cart)
    heard(cart)
    server.plan = ["busy", "unknown"]
    send_due()
    later(10)
    send_due()
    assert "a…@example.org" in caplog.text
    link = _text(server.received[0]).split("?link=")[1].split()[0]
    rows = " ".join(str(vars(mail)) for mail in Mail.objects.all())
    for secret in (EMAIL, link):
        assert secret not in caplog.text
        assert secret not in rows


def test_a_bug_in_a_letter_holds_up_no_other(cart: Cart, server: MailServer) -> None:
    broken = heard(cart)
    Mail.objects.update(data={"cart": str(cart.pk)})
    heard(cart)
    send_due()
    assert len(server.received) == 1
    assert Mail.objects.get(pk=broken.pk).error == "KeyError"


@pytest.mark.django_db(transaction=True)
def test_the_postman_goes_round_by_itself_and_survives_a_bad_round(
    cart: Cart, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter([ZeroDivisionError("a bad round")])

    def sometimes() -> int:
        for trouble in rounds:
            raise trouble
        done = send_due()
        if server.received:
            postman.stop()
        return done

    monkeypatch.setattr("project.shop.mail.postman.send_due", sometimes)
    heard(cart)
    postman = Postman(every=0.01)
    postman.start()
    postman.join(patience.SECONDS)
    assert not postman.is_alive()
    assert len(server.received) == 1


@pytest.mark.django_db(transaction=True)
def test_the_postman_keeps_his_connection_and_drops_a_broken_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: list[Any] = []

    def look() -> None:
        Mail.objects.count()
        used.append(connection.connection)
        if len(used) == 2:
            raise OSError("the second round goes wrong")
        if len(used) == 4:
            postman.stop()

    monkeypatch.setattr("project.shop.mail.postman.send_due", look)
    postman = Postman(every=0.01)
    postman.start()
    postman.join(patience.SECONDS)
    assert not postman.is_alive()
    assert used[0] is used[1] is not used[2] is used[3]
