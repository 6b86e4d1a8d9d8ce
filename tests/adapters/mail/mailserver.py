"""A mail server that can be told to misbehave. It speaks as much SMTP as smtplib asks for."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mails: MailServer


class MailServer:
    """`received` is what it has taken. `plan` holds what it does at the next mails, one word each:

    `lost` takes the mail and hangs up without an answer, `busy` does not take it this time, `unknown`
    does not know the recipient. Without a plan it takes everything.
    """

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.plan: list[str] = []
        self.port = 0
        self._running: _Server | None = None

    def up(self) -> None:
        """Take calls, on the same port as before."""
        server = self._running = _Server(("127.0.0.1", self.port), _Conversation)
        server.mails = self
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Take no calls."""
        if self._running is not None:
            self._running.shutdown()
            self._running.server_close()
            self._running = None

    @property
    def ids(self) -> list[str]:
        """The Message-IDs in the order they came."""
        return [str(mail["Message-ID"]) for mail in self.received]


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer line by line, until the caller or the plan ends it."""
        mails, planned = self.server.mails, ""
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            if verb == "MAIL":
                planned = mails.plan.pop(0) if mails.plan else ""
            if verb == "RCPT" and planned == "unknown":
                self.say("550 nobody here of that name")
            elif verb == "DATA" and planned == "busy":
                self.say("451 later")
            elif verb == "DATA":
                self.say("354 go on")
                mails.received.append(self.mail())
                if planned == "lost":
                    return
                self.say("250 taken")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 fine")
            if verb == "QUIT":
                return

    def mail(self) -> Any:
        """What comes up to the line with a dot."""
        lines = iter(self.rfile.readline, b".\r\n")
        text = b"".join(line.removeprefix(b".") for line in lines)
        return email.message_from_bytes(text, policy=email.policy.default)

    def say(self, line: str) -> None:
        """One line of an answer."""
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """One that runs, and is stopped in the end."""
    server = MailServer()
    server.up()
    try:
        yield server
    finally:
        server.down()
