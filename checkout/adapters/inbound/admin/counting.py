"""How many there are, without ever counting many: exactly up to a thousand, estimated beyond."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from checkout.adapters.outbound.persistence.models import CheckoutSession

MOST = 1000


def counted(rows: QuerySet[CheckoutSession]) -> int:
    """How many these are; `MOST + 1` means that there are more than `MOST`."""
    return rows[: MOST + 1].count()


def in_figures(count: int) -> str:
    """A count of `counted` in figures: 7, 1,000+."""
    return f"{MOST:,}+" if count > MOST else f"{count:,}"


def estimate() -> int | None:
    """About how many checkouts there are, as PostgreSQL's planner believes; None where nobody does."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        table = CheckoutSession._meta.db_table
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        (rows,) = cursor.fetchone()
    return int(rows)


def rounded(count: int) -> str:
    """An estimate with the figures that it deserves: about 1,230,000."""
    digits = len(str(count)) - 3
    return f"about {round(count, -max(digits, 0)):,}"
