"""What the detail page shows: facts, money, the explanation, the timeline and the commands."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from checkout.adapters.inbound.admin import orders
from checkout.adapters.inbound.admin.diagram import Diagram, diagram
from checkout.adapters.inbound.admin.privacy import NEEDED, Reader, masked, reader
from checkout.adapters.inbound.admin.timeline import story
from checkout.adapters.inbound.admin.words import MONEY, age
from checkout.adapters.inbound.cli import explain
from checkout.adapters.inbound.web.amounts import in_words
from checkout.adapters.outbound.persistence.database_time import read_now
from checkout.adapters.outbound.persistence.models import CheckoutSession
from checkout.adapters.outbound.persistence.repositories.doctor_queries import (
    DoctorQueries,
    Dossier,
)
from checkout.domain.checkout import Checkout
from checkout.domain.value_objects.checkout_id import CheckoutId
from checkout.read_models.checkout_progress import money

User = AbstractBaseUser | AnonymousUser
LEGEND = (
    ("forward", "is-taken", "taken"),
    ("forward", "is-possible", "possible next"),
    ("force", "is-possible", "possible next, by staff alone"),
    ("forward", "", "not taken"),
)


def context(row: CheckoutSession, user: User) -> dict[str, Any]:
    """The template's context. A row that cannot be read is still shown, with the reason why."""
    found = DoctorQueries().of([CheckoutId(row.pk)])
    dossier = found[0] if found else None
    checkout = dossier.checkout if dossier else None
    moving = ["It moves too fast to be read: look again."]
    reads = reader(user, row)
    told = story(row, reads, dossier.now if dossier else read_now())
    drawn = diagram(row.state, told.moves, row.snapshot["total"] if row.snapshot else None)
    return {
        "row": row,
        "checkout": checkout,
        "sentences": [reads.text(said) for said in explain.sentences(dossier)]
        if dossier
        else moving,
        "facts": _facts(row, dossier, reads) if dossier else [],
        "lines": row.snapshot.get("lines", []) if row.snapshot else [],
        "money_line": _money(checkout) if checkout else "",
        "chapters": told.chapters,
        "notes": told.notes,
        "hidden": "" if reads.whole else NEEDED,
        "diagram": drawn,
        "possible": _possible(drawn, checkout),
        "legend": LEGEND,
        "buttons": orders.buttons(checkout, user) if checkout else [],
    }


def _possible(drawn: Diagram, checkout: Checkout | None) -> list[tuple[str, str]]:
    """What is possible next, and why staff cannot do it now where they cannot."""
    return [
        (
            said,
            orders.refused(checkout, "force", {"edge": edge.name})
            if checkout and edge.kind == "force"
            else "",
        )
        for edge, said in drawn.possible
    ]


def _facts(row: CheckoutSession, dossier: Dossier, reads: Reader) -> list[tuple[str, Any]]:
    cart = row.snapshot or {}
    total = in_words(cart["total"], cart["currency"]) if cart else "not frozen yet"
    mail = str(cart.get("buyer", {}).get("email") or "")
    return [
        ("Id", row.pk),
        ("State", f"{row.get_state_display()}, for {age(row.entered_at, dossier.now)}"),
        ("Total", total),
        ("Buyer", (mail if reads.whole or not mail else masked(mail)) or "–"),
        ("Cart", row.cart),
        ("Order", row.order_reference or "–"),
        ("Version", f"{row.version} (definition {row.definition_version})"),
        ("Payment attempt", row.generation),
        ("Unanswered tries", row.attempt),
        ("Started", row.created_at),
        ("Time to pay ends", row.deadline_at or "–"),
        ("Stock held until", row.held_until or "–"),
        ("Next due", row.due_at or "–"),
        ("Finished", row.finished_at or "–"),
        ("Attention", row.needs_attention.replace("_", " ") or "–"),
    ]


def _money(checkout: Checkout) -> str:
    said = money(checkout)
    amount = in_words(said["amount"], said["currency"]) if said["amount"] else ""
    return f"{MONEY[said['status']]} {amount}".strip()
