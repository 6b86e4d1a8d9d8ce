"""Task messages as signed JSON: whoever can write to the queue must not be able to run code."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer

_SIGNATURE_BYTES = 32
_PLAIN = ("id", "name", "retries", "retry_delay", "priority", "args", "kwargs")


class SignedJsonSerializer(Serializer):
    """JSON with HMAC-SHA-256 in front, never pickle (SEC-19).

    Only what our one task needs is carried: its id, name and JSON arguments.
    Raises ValueError for a message that is unsigned, tampered with, or not of this form.
    """

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = hashlib.sha256(f"huey:{secret}".encode()).digest()

    def _serialize(self, data: Any) -> bytes:
        if isinstance(data, Message):
            data = {name: getattr(data, name) for name in _PLAIN}
        text = json.dumps(data, separators=(",", ":")).encode()
        return self._sign(text) + text

    def _deserialize(self, data: bytes) -> Any:
        signature, text = bytes(data[:_SIGNATURE_BYTES]), bytes(data[_SIGNATURE_BYTES:])
        if not hmac.compare_digest(signature, self._sign(text)):
            raise ValueError("A task message without our signature was dropped.")
        said = json.loads(text)
        if not isinstance(said, dict) or set(said) != set(_PLAIN):
            return said
        return Message(**{**said, "args": tuple(said["args"])})

    def _sign(self, text: bytes) -> bytes:
        return hmac.new(self._secret, text, hashlib.sha256).digest()
