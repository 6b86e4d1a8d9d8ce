"""What the contract suites share: keys, threads that begin together, and the look of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, NoReturn
from uuid import UUID

import pytest
from django.db import connections

from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId, effect_key, new_checkout_id

WAIT_SECONDS = 20


class Keys:
    """The keys of one checkout's calls, as the engine makes them."""

    def __init__(self) -> None:
        self.checkout: CheckoutId = new_checkout_id()

    def of(self, call: str, generation: int = 1) -> str:
        """The key of a call: the same every time it is asked for."""
        return effect_key(self.checkout, call, generation)


def missing(what: str) -> NoReturn:
    """Fail the test with the name of what the author of the adapter did not give."""
    pytest.fail(f"Give the contract suite your own `{what}`: its docstring says what it must do.")


def in_a_while(seconds: float = 900) -> datetime:
    """An aware moment, so many seconds from now."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def in_threads(count: int, call: Callable[[int], Any]) -> list[Any]:
    """Call it in so many threads that begin together; their answers, or what they raised."""
    together = Barrier(count)

    def one(number: int) -> Any:
        try:
            together.wait(WAIT_SECONDS)
            return call(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """The block must be refused with one of these codes, a sentence, and plain JSON detail."""
    with pytest.raises(Refused) as raised:
        yield
    said = raised.value
    assert said.code in codes, f"refused with {said.code!r}, not with one of {codes}"
    assert said.message.strip(), "a refusal says why, in a sentence for a person"
    _plain(said.detail)


def _plain(value: object) -> None:
    """Only what JSON knows: the detail of a refusal is stored and shown."""
    if isinstance(value, dict):
        for name, inner in value.items():
            assert isinstance(name, str)
            _plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _plain(inner)
    else:
        assert value is None or isinstance(value, str | int | float | bool), repr(value)
        assert not isinstance(value, UUID)
