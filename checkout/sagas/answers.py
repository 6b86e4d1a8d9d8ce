"""What calls have said that is not stored yet, for a unit that has to be done once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Called = tuple[str, int]  # name and generation of an effect


class Answers:
    """Kept from one try at a unit to the next, until a commit holds them.

    A call that raised keeps what it raised, and raises it again.
    """

    def __init__(self) -> None:
        self._said: dict[Called, Any] = {}
        self._used: set[Called] = set()  # what the working copy has taken in since the last commit

    def __contains__(self, called: Called) -> bool:
        return called in self._said

    def once(self, called: Called, send: Callable[[], Any]) -> Any:
        """What it says, or has said: nobody is asked twice.

        Rule: whoever is asked anew may change what others would say. What they have said before is let
        go, so that a lookup after a close is made after it.
        """
        if called not in self._said:
            self._said.clear()
            try:
                self.keep(called, send())
            except Exception as error:
                self.keep(called, error)
        return self.again(called)

    def again(self, called: Called) -> Any:
        """What it has said, once more. Raises what it has raised."""
        self._used.add(called)
        known = self._said[called]
        if isinstance(known, Exception):
            raise known
        return known

    def keep(self, called: Called, answer: Any) -> None:
        """It has answered so, or raised this exception."""
        self._said[called] = answer

    def stored(self) -> None:
        """A commit holds whatever was taken in."""
        for called in self._used:
            del self._said[called]
        self._used.clear()

    def rolled_back(self) -> None:
        """Nothing of what was taken in is stored."""
        self._used.clear()
