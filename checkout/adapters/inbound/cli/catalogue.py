"""Every check of the doctor: which invariant it guards, what a finding means, and what to do.

`docs/doctor.md` shows this table; `checkout doctor --list` prints it, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

BEGIN = "<!-- checks: made by `manage.py checkout doctor --list`, not by hand -->"
END = "<!-- end of the checks -->"


@dataclass(frozen=True, slots=True)
class Check:
    """`invariants` are the project's numbers: S safety, L liveness, Q quality."""

    invariants: str
    meaning: str
    what_to_do: str


# fmt: off
CHECKS = {
    "overdue": Check("L2, Q3", "A checkout is due for more than 30 s and nobody drives it.",
        "Look whether a worker runs and its sweep goes round; `checkout explain` says who acts next."),
    "heartbeat": Check("L2", "No sweep has gone round lately. Broken while something is due or unsent.",
        "Start a worker: `manage.py run_huey`. If one runs, its log says why its sweep does not."),
    "parked": Check("L2", "A provider's message has belonged to no checkout for a day.",
        "Look its reference up at the provider: what nobody ordered is refunded there; else replay."),
    "attention": Check("L1", "Information: a checkout asks for staff.",
        "Open it in the admin: its page says why and offers what helps."),
    "definition": Check("S7", "A row was written by a release that this one does not know.",
        "Run the doctor of that release; during an upgrade this ends by itself."),
    "unreadable": Check("S7", "The rows of a checkout make no sense, so that nobody can drive it.",
        "Restore what was changed by hand; its history and effects say what was there."),
    "history": Check("S7, S11", "The history is not a path of the flow to where the row is.",
        "Nobody but the engine may write these rows: find who did, and restore from a backup."),
    "stalled": Check("L1", "A checkout has not ended, and nothing is due, or only in the far future.",
        "Press “Retry now” in the admin; the next tick plans anew."),
    "lease": Check("S11", "A lease ends so late that nobody could take over after a crash.",
        "Compare the clocks of the hosts with the database's, and the call timeouts with this."),
    "journal": Check("S2, S8", "The journal of port calls contradicts itself.",
        "Compare the neighbour's books by the key in the finding; undo there what has no entry here."),
    "open_effect": Check("S8", "A checkout has ended with a port call that nobody answers any more.",
        "Ask the neighbour by the key what became of it, and put that right there."),
    "storm": Check("Q4", "A neighbour was called far more often than the pauses allow.",
        "Look for a worker that crashes again and again, and at the neighbour's answers in the log."),
    "snapshot": Check("S6", "The frozen cart is not the one that was frozen.",
        "Restore it from the order or the event of its freezing; find who wrote to the row."),
    "progress": Check("S10, S13", "What the shopper sees is not what is stored.",
        "`checkout rebuild` puts it right."),
    "unsettled": Check("S13", "The list of staff does not say truly whether money is owed.",
        "`checkout rebuild` puts it right."),
    "summary": Check("S13", "The receipt is not what is stored.",
        "`checkout rebuild` puts it right."),
    "outbox": Check("S9, L2", "Events are missing, doubled, out of order or not sent.",
        "If they are only unsent, look at the publisher; if they are missing, tell the consumers."),
    "event": Check("S9", "An event does not keep to its published contract.",
        "Send the consumers a corrected copy under the same id, and report it as a bug."),
    "inbox": Check("L2", "A message or command has waited for more than a minute.",
        "Look whether a worker runs; `checkout explain` says what the checkout waits for."),
    "money": Check("S4, L4", "What the shop keeps is not what is due, and not on its way in time.",
        "Press “Recheck” in the admin; if it stays, refund at the provider and note it there."),
    "owed": Check("L4", "Information: money is on its way back to a shopper.",
        "Nothing, unless the same one is here tomorrow: then look at the provider's refunds."),
    "open_payment": Check("S4", "A checkout has ended, and its payment could still be paid.",
        "Close the payment at the provider, then press “Recheck”."),
    "two_payments": Check("Q2", "A second attempt was begun while the first could still be paid.",
        "Close the older payment at the provider; what came in twice is given back by itself."),
    "paid_in_time": Check("Q1", "Paid in time, with stock held and nothing refused, and yet aborted.",
        "Look at its history; offer the shopper the goods or make sure of the refund."),
    "sensitive": Check("S12", "A card number, a token or a secret is stored where staff can read it.",
        "Overwrite the value, change the secret, and find which adapter passes it on."),
    "orders": Check("S3", "The shop's order is missing, doubled or not what was frozen and paid.",
        "Compare both; cancel or correct the order in the shop, and tell the shopper."),
    "carts": Check("S2", "The shopper's cart is closed without an order, or open with one.",
        "Reopen or close the cart in the shop."),
    "reservations": Check("S1, S2", "Stock is held or taken otherwise than the checkout needs.",
        "Release or correct the reservation in the shop by its key."),
    "coupons": Check("S5", "A coupon is claimed or spent otherwise than the checkout says.",
        "Release or correct the claim in the shop by its key."),
    "payments": Check("S4", "The provider's books differ from ours (only with --ask-provider).",
        "Press “Recheck”; a payment that we do not know is closed or refunded at the provider."),
    "stock": Check("S1", "Stock is negative, oversold, or does not add up.",
        "Count the shelf, correct the stock, and look at the orders since the last count."),
    "coupon_uses": Check("S5", "A coupon was used more often than it may be.",
        "Decide whether the orders stand; then raise the limit or end the coupon."),
    "stray": Check("S1, S3, S5", "The shop has something live for a checkout that does not exist.",
        "Find where it comes from; release the stock or the coupon, cancel or keep the order."),
    "audit": Check("—", "An audit of the shop is not usable.",
        "Correct it: docs/doctor.md says what each one answers."),
}
# fmt: on


def table() -> str:
    """The checks as a markdown table."""
    rows = [
        f"| `{name}` | {check.invariants} | {check.meaning} | {check.what_to_do} |"
        for name, check in CHECKS.items()
    ]
    return "\n".join(
        ["| check | guards | a finding means | what to do |", "|---|---|---|---|", *rows]
    )
