"""The shop's books as a whole: stock and coupons add up, and nothing in them belongs to nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from checkout.adapters.inbound.cli.findings import Finding
from checkout.adapters.inbound.cli.ledgers import JUDGES
from checkout.adapters.outbound.persistence.repositories.doctor_queries import DoctorQueries

PAGE = 500


def stock(audit: Callable[[], list[dict[str, Any]]]) -> Iterator[Finding]:
    """S1: nothing is negative or oversold, and it adds up where the shop knows what there was."""
    for row in audit():
        sku, there, held = row["sku"], row["on_hand"], row["held"]
        if there < 0 or held < 0:
            yield Finding("stock", f"{sku}: {there} on hand, {held} held.")
        elif held > there:
            yield Finding("stock", f"{sku}: {held} are held, but only {there} are on hand.")
        if "initial" in row and there + row["sold"] != row["initial"]:
            text = f"{sku}: {there} on hand and {row['sold']} sold are not {row['initial']}."
            yield Finding("stock", text)


def coupon_uses(audit: Callable[[], list[dict[str, Any]]]) -> Iterator[Finding]:
    """S5: no coupon is used more often than it may be."""
    for row in audit():
        if row["limit"] is not None and row["used"] > row["limit"]:
            text = f"{row['code']} is used {row['used']} times, and may be {row['limit']} times."
            yield Finding("coupon_uses", text)


def strays(audit: Callable[[str, int], list[str]], end: float) -> tuple[list[Finding], bool]:
    """S1, S3, S5: what is live in the shop belongs to a checkout that exists; and: was all seen?"""
    found: list[Finding] = []
    last, queries = "", DoctorQueries()
    while page := audit(last, PAGE):
        known = queries.known(page)
        texts = [f"the shop has something live for {o!r}." for o in page if o not in known]
        found += [Finding("stray", text) for text in texts]
        if max(page) <= last:
            raise ValueError("it does not go on after what it was told")
        if time.monotonic() > end:
            return found, False
        last = max(page)
    return found, True


OWNERS = "owners"
BOOKS: dict[str, Callable[..., Iterator[Finding]]] = {"stock": stock, "coupon_uses": coupon_uses}
# Every audit that a shop may offer, and how many arguments it takes: the ids; nothing; after, most.
AUDITS = {**dict.fromkeys(JUDGES, 1), **dict.fromkeys(BOOKS, 0), OWNERS: 2}
