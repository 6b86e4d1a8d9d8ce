"""Checking the signature of a Standard Webhooks 1.0 message."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping

from checkout.domain.exceptions import BadSignature

TOLERANCE = 300  # seconds between sending and arriving, in either direction
LONGEST_STAMP = 12  # digits of Unix seconds; more is no time but an attempt to make us compute


def verify(headers: Mapping[str, str], body: bytes, secrets: str) -> str:
    """The message's id, when one of the secrets (blanks between them) signed exactly this body.

    Header names are lower case. Raises BadSignature when a header is missing, the time is more
    than `TOLERANCE` seconds away, or no signature fits.
    """
    message_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    digits = stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_STAMP
    if not message_id or not digits:
        raise BadSignature("The message lacks its id or its time.")
    if abs(time.time() - int(stamp)) > TOLERANCE:
        raise BadSignature("The message was signed too long ago.")
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    given = headers.get("webhook-signature", "").split()
    if not any(_fits(secret, signed, given) for secret in secrets.split()):
        raise BadSignature("The signature does not fit the message.")
    return message_id


def _fits(secret: str, signed: bytes, given: list[str]) -> bool:
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    ours = b"v1," + base64.b64encode(digest)
    return any(hmac.compare_digest(ours, theirs.encode()) for theirs in given)


def _key(secret: str) -> bytes:
    """The key: base64 after `whsec_` as the standard has it, otherwise the text itself."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as wrong:
        raise ValueError("A webhook secret after whsec_ must be base64.") from wrong
