"""What staff does in the admin: log in, look, choose a command, read what it leads to, give it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.ledgers import Ledgers
from tests.patience import eventually

FAR = "2099-01-01 00:00:00"
_OF_CHECKOUT = "REPLACE(CAST(checkout_id AS TEXT), '-', '') = ?"
_IS_CHECKOUT = "REPLACE(CAST(id AS TEXT), '-', '') = ?"


def log_in(page: Page, site: str) -> None:
    """Through the login page of the admin."""
    page.goto(f"{site}/admin/login/")
    page.get_by_label("Username").fill(Desk.NAME)
    page.get_by_label("Password").fill(Desk.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Log out")).to_be_visible()


class Desk:
    """One tab of the admin, and what is written down about what was done there."""

    NAME, PASSWORD = "boss", "only-for-tests-of-staff"

    def __init__(self, page: Page, site: str, ledgers: Ledgers) -> None:
        self.page, self.ledgers = page, ledgers
        self.list = f"{site}/admin/checkout/checkoutsession/"

    def look(self, checkout: str) -> None:
        """Open the detail."""
        self.page.goto(f"{self.list}{checkout}/change/")

    def choose(self, checkout: str, label: str, **chosen: str) -> str:
        """From the detail to the preview of a command; what the preview says."""
        self.look(checkout)
        self.page.get_by_role("link", name=label, exact=True).click()
        if "edge" in chosen:
            self.page.get_by_role("radio", name=re.compile(chosen["edge"])).check()
        if "amount" in chosen:
            self.page.get_by_label("Amount").fill(chosen["amount"])
        if chosen:
            self.page.get_by_role("button", name="Show what would happen").click()
        return self.told()

    def told(self) -> str:
        """What the page says would happen."""
        outlook = self.page.get_by_role("region", name="What would happen")
        return " ".join(outlook.inner_text().split())

    def give(self, label: str, reason: str, **typed: str) -> None:
        """Say why, press the button, and see that it was accepted."""
        self.fill(reason, **typed)
        self.button(label).click()
        expect(self.page.get_by_text(f"{label}: accepted.")).to_be_visible()

    def fill(self, reason: str, typed: str = "") -> None:
        """Say why; for a force also type the start of the id."""
        self.page.get_by_label(re.compile("Reason|Note")).fill(reason)
        if typed:
            self.page.get_by_label("Confirm").fill(typed)

    def button(self, label: str) -> Locator:
        """The button that gives the command."""
        return self.page.get_by_role("button", name=label, exact=True)

    def check_written(self, checkout: str, label: str, reason: str) -> None:
        """It stands in the timeline and in Django's own log, with its reason."""
        self.look(checkout)
        expect(self.page.get_by_text(reason).first).to_be_visible()
        [logged] = [text for text in self.logged(checkout) if reason in text]
        assert logged.startswith(label)

    # Past the product ------------------------------------------------------------------------

    def logged(self, checkout: str) -> list[str]:
        """What Django's own log says of a checkout."""
        sql = "SELECT change_message FROM django_admin_log WHERE object_id = ?"
        return [str(text) for (text,) in self.ledgers.rows(sql, checkout)]

    def history(self, checkout: str, edge: str) -> list[str]:
        """The reasons of the changes of one kind."""
        sql = f"SELECT reason FROM checkout_checkouthistory WHERE {_OF_CHECKOUT} AND edge = ?"
        found = self.ledgers.rows(sql, checkout.replace("-", ""), edge)
        return [str(reason) for (reason,) in found]

    def wait_for_history(self, checkout: str, edge: str) -> None:
        """Wait until there is a change of this kind."""
        sql = f"SELECT id FROM checkout_checkouthistory WHERE {_OF_CHECKOUT} AND edge = ?"
        self._until(sql, checkout, edge)

    def wait_for_messages(self, checkout: str, kind: str) -> None:
        """Wait until a message of this kind has arrived."""
        sql = f"SELECT id FROM checkout_checkoutinbox WHERE {_OF_CHECKOUT} AND kind = ?"
        self._until(sql, checkout, kind)

    def nothing_waits(self, checkout: str) -> None:
        """Wait until every message was applied or refused, and nobody is on it."""
        sql = (
            f"SELECT id FROM checkout_checkoutsession WHERE {_IS_CHECKOUT}"
            f" AND lease_until IS NULL AND NOT EXISTS (SELECT 1 FROM checkout_checkoutinbox i"
            " WHERE i.checkout_id = checkout_checkoutsession.id AND i.applied_at IS NULL)"
        )
        self._until(sql, checkout)

    def nobody_drives(self, checkout: str) -> None:
        """As when every worker forgot it: it is due again only when somebody rings for it."""
        sql = f"UPDATE checkout_checkoutsession SET due_at = '{FAR}' WHERE {_IS_CHECKOUT}"
        self._until(f"{sql} AND lease_until IS NULL RETURNING id", checkout)

    def _until(self, sql: str, checkout: str, *values: str) -> None:
        eventually(lambda: self.ledgers.rows(sql, checkout.replace("-", ""), *values), lambda: sql)
