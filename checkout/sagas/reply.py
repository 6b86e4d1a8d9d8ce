"""What a remote neighbour has said, kept until it is stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from checkout.domain.exceptions import StorageUnavailable


class Reply:
    """An answer, or the exception that was raised instead of one."""

    def __init__(
        self, outside: Callable[[], AbstractContextManager[None]], ask: Callable[[], Any]
    ) -> None:
        """Ask, once, inside `outside`. Raises StorageUnavailable: our own database has said nothing."""
        self._answer: Any = None
        self._error: Exception | None = None
        try:
            with outside():
                self._answer = ask()
        except StorageUnavailable:
            raise
        except Exception as error:
            self._error = error

    def say(self) -> Any:
        """The answer, as often as it is needed. Raises what was raised."""
        if self._error is not None:
            raise self._error
        return self._answer
