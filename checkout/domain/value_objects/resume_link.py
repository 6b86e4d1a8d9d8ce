"""A link of a mail that leads back to a checkout: signed, so that it is stored nowhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from checkout.domain.value_objects.checkout_id import CheckoutId

_SHAPE = struct.Struct(">16s16sQ")  # the checkout, what it was made for, when
_SEAL = hashlib.sha256().digest_size
_PURPOSE = b"checkout resume link 1"


@dataclass(frozen=True, slots=True)
class ResumeLink:
    """Whoever holds its text may put the checkout into a browser session, once.

    `key` is what it was made for, such as the id of an event: the same mail, sent again, has the
    same link. `issued_at` counts seconds since 1970 and decides how long it is valid.
    """

    checkout_id: CheckoutId
    key: UUID
    issued_at: int

    def signed(self, secret: str) -> str:
        """The text that goes into the address: 96 characters that need no quoting."""
        body = _SHAPE.pack(self.checkout_id.bytes, self.key.bytes, self.issued_at)
        return base64.urlsafe_b64encode(body + _seal(body, secret)).decode()

    def valid_until(self, lifetime: float) -> datetime:
        """When it ends, if links live for so many seconds."""
        return datetime.fromtimestamp(self.issued_at + lifetime, UTC)

    @classmethod
    def read(cls, text: str, secrets: Iterable[str]) -> ResumeLink:
        """The link of a text that one of these secrets signed.

        Raises ValueError for any other text.
        """
        try:
            raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise ValueError("This is no link.") from error
        body, seal = raw[:-_SEAL], raw[-_SEAL:]
        ours = any(hmac.compare_digest(seal, _seal(body, secret)) for secret in secrets)
        if len(body) != _SHAPE.size or not ours:
            raise ValueError("Nobody of ours signed this link.")
        checkout, key, issued_at = _SHAPE.unpack(body)
        return cls(CheckoutId(UUID(bytes=checkout)), UUID(bytes=key), issued_at)


def _seal(body: bytes, secret: str) -> bytes:
    key = hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()
    return hmac.new(key, body, hashlib.sha256).digest()
