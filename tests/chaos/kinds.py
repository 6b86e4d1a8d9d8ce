"""The kinds of purchases: how often each is made, what the shopper does, how it may not end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from tests.chaos.buyers import Buyer


@dataclass(frozen=True)
class Kind:
    """One kind. Those that `pays` is false for never give the right money, and never complete.

    `attention` are the flags for staff that belong to it: what they say is no failure of ours.
    """

    weight: int
    act: Callable[[Buyer], None]
    pays: bool = True
    attention: tuple[str, ...] = ()


def choose(outcome: str, **more: str) -> Callable[[Buyer], None]:
    """Let this happen on the provider's page, and nothing else."""
    return lambda buyer: drop(buyer.choose(outcome, **more))


def drop(_: object) -> None:
    """Nobody looks at the answer: what counts is in the ledgers at the end."""


def walk_away(buyer: Buyer) -> None:
    """Never pay."""
    buyer.look()


def another_card(buyer: Buyer) -> None:
    """The first card is declined, the second on the same page is not."""
    page = buyer.wait_for_page()
    buyer.choose("decline_retry", page)
    buyer.choose("approve", page)


def another_payment(buyer: Buyer) -> None:
    """The payment is declined for good; the shopper starts another one."""
    buyer.choose("decline")
    until = time.monotonic() + buyer.window
    while not buyer.look()["payment"]["closed"] and time.monotonic() < until:
        time.sleep(0.5)
    if buyer.command("retry") == 202:
        buyer.choose("approve", buyer.wait_for_page(attempt=2))


def bank_asks(buyer: Buyer) -> None:
    """3-D Secure, answered; who cannot answer confirms in the bank's app a little later."""
    page = buyer.wait_for_page()
    asked = buyer.choose("three_d_secure", page, delay="3")
    if asked.status_code == 303:
        buyer.ask("POST", urljoin(page, asked.headers["Location"]), data={"answer": "ok"})


def too_late(buyer: Buyer) -> None:
    """The bank says yes a little after the time to pay is over."""
    buyer.choose("approve_late", delay=f"{buyer.window + 1:.1f}")


def cancel(buyer: Buyer) -> None:
    """Look at the page where one pays, then cancel."""
    buyer.wait_for_page()
    buyer.command("abort")


def cancel_at_once(buyer: Buyer) -> None:
    """Cancel while it is being prepared."""
    buyer.command("abort")


def pay_and_cancel(buyer: Buyer) -> None:
    """Pay and change one's mind in the same second."""
    buyer.choose("approve")
    buyer.command("abort")


def pay_badly_and_cancel(buyer: Buyer) -> None:
    """The same, and the first refunds fail."""
    buyer.choose("refund_fails")
    buyer.command("abort")


def extend(buyer: Buyer) -> None:
    """Ask for more time, then pay."""
    page = buyer.wait_for_page()
    buyer.command("extend")
    buyer.choose("approve", page)


MISMATCH = ("amount_mismatch",)
KINDS: dict[str, Kind] = {
    "approve": Kind(34, choose("approve")),
    "approve_twice": Kind(6, choose("approve_twice")),
    "webhook_first": Kind(6, choose("webhook_first")),
    "out_of_order": Kind(6, choose("out_of_order")),
    "lose_webhook": Kind(6, choose("lose_webhook")),
    "pending_approve": Kind(6, choose("pending_approve", delay="2")),
    "double_click": Kind(4, choose("approve")),
    "another_card": Kind(5, another_card),
    "another_payment": Kind(5, another_payment),
    "three_d_secure": Kind(5, bank_asks),
    "extend": Kind(2, extend),
    "too_late": Kind(1, too_late),
    "decline": Kind(2, choose("decline"), pays=False),
    "never_answer": Kind(2, choose("never_answer"), pays=False),
    "walk_away": Kind(2, walk_away, pays=False),
    "wrong_amount": Kind(2, choose("wrong_amount"), False, MISMATCH),
    "wrong_currency": Kind(1, choose("wrong_currency"), False, MISMATCH),
    "cancel": Kind(2, cancel, pays=False),
    "cancel_at_once": Kind(1, cancel_at_once, pays=False),
    "pay_and_cancel": Kind(2, pay_and_cancel),
    "pay_badly_and_cancel": Kind(1, pay_badly_and_cancel, attention=("refund_failing",)),
}
