"""How the provider says no: a status, a code for programs and a sentence for people."""

from __future__ import annotations


class ApiError(Exception):
    """A request that cannot be understood or is not allowed: nothing was done, nothing is kept.

    `status` is the HTTP status, `code` one stable word, `message` a sentence.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def to_json(self) -> dict[str, object]:
        """The body of the answer."""
        return {"error": {"code": self.code, "message": self.message}}


class Refused(ApiError):
    """A definite no to a request that was understood. Kept and repeated under the same key."""


class NotPossible(Exception):
    """The payment is no longer in a stage in which this can happen."""
