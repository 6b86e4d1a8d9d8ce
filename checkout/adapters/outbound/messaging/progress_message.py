"""The message that tells web processes of a newer version, and the row that travels with it.

Rule: the row is the database's, and the message decides nothing. It is signed, so that whoever can
publish cannot put words on a shopper's page; a row that is not ours, not understood or not there is
read. Who the buyer is stays in the database, and so does the way to a payment page: whoever can
listen learns neither.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare

from checkout.application.ports.outbound.checkout_queries_port import ProgressRow
from checkout.domain.value_objects.checkout_id import CheckoutId, parse_checkout_id

FORM = 1  # raised with every change of what the row's JSON means: other releases read instead
MOST_CHARACTERS = 16_384
_JSON = json.JSONEncoder(separators=(",", ":"))


def hint_message(
    checkout_id: CheckoutId, version: int, row: ProgressRow | None = None
) -> dict[str, Any]:
    """What web processes receive. Other releases understand what stands beside the row."""
    hint = {"type": "progress.changed", "checkout": str(checkout_id), "version": version}
    if row is None or _leads_to_payment(row):
        return hint
    text = _written(row)
    if len(text) > MOST_CHARACTERS:
        return hint
    return {**hint, "row": text, "signature": _signature(text)}


def row_of(hint: Mapping[str, Any]) -> ProgressRow | None:
    """The row that came with a hint; None when it has to be read. Never raises."""
    text, signature = hint.get("row"), hint.get("signature")
    if not isinstance(text, str) or not isinstance(signature, str):
        return None
    if len(text) > MOST_CHARACTERS:
        return None
    try:
        ours = constant_time_compare(signature, _signature(text))
        return _read(json.loads(text)) if ours else None
    except (KeyError, TypeError, ValueError):
        return None


def _leads_to_payment(row: ProgressRow) -> bool:
    """Whoever has the address of a payment page may use it."""
    return bool(row.body["payment"]["action"])


def _written(row: ProgressRow) -> str:
    said = {
        "form": FORM,
        "id": str(row.id),
        "version": row.version,
        "state": row.state,
        "body": row.body,
        "frozen": row.frozen,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "asked": row.asked,
    }
    return _JSON.encode(said)


def _read(said: Mapping[str, Any]) -> ProgressRow | None:
    if said["form"] != FORM:
        return None
    return ProgressRow(
        parse_checkout_id(said["id"]),
        said["version"],
        said["state"],
        said["body"],
        said["frozen"],
        datetime.fromisoformat(said["created_at"]),
        datetime.fromisoformat(said["updated_at"]),
        said["asked"],
    )


def _signature(text: str) -> str:
    return hmac.digest(_key(settings.SECRET_KEY), text.encode(), "sha256").hex()


@lru_cache(2)
def _key(secret: str) -> bytes:
    """A key of its own: what is signed for one use is not signed for another."""
    return hashlib.sha256(f"checkout.progress:{secret}".encode()).digest()
