"""The committed OpenAPI document is the API, is valid, and is useful."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from checkout.adapters.inbound.rest.openapi import FOLLOWING, as_yaml, document
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.sagas.checkout_saga import FLOW
from tests.contracts.documents import API, PROBLEM, api

OPERATIONS = [
    (path, method, operation)
    for path, item in api()["paths"].items()
    for method, operation in item.items()
]


def test_what_is_committed_is_what_the_code_makes() -> None:
    assert API.read_text() == as_yaml(), "run: python -m tests.contracts.write"


def test_it_is_made_without_a_warning_and_valid() -> None:
    GENERATOR_STATS.reset()
    validate_schema(document())
    assert not GENERATOR_STATS
    assert document()["openapi"] == "3.1.0"


def test_the_addresses_are_the_designed_ones() -> None:
    one = "/api/v1/checkouts/{checkout_id}"
    assert {(method, path) for path, method, _ in OPERATIONS} == {
        ("post", "/api/v1/checkouts"),
        ("get", one),
        ("get", f"{one}/summary"),
        *(("post", f"{one}/{name}") for name in ("confirm", "retry", "abort", "extend")),
    }


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_error_is_a_problem(path: str, method: str, operation: dict[str, Any]) -> None:
    errors = {s: r for s, r in operation["responses"].items() if int(s) >= 400}
    assert {"404", "503"} <= set(errors)
    assert {kind for answer in errors.values() for kind in answer["content"]} == {PROBLEM}


def test_starting_asks_for_a_key_and_names_what_follows() -> None:
    start = api()["paths"]["/api/v1/checkouts"]["post"]
    keys = [p for p in start["parameters"] if p["name"] == "Idempotency-Key"]
    assert [p["required"] for p in keys] == [True]
    assert set(start["responses"]["201"]["links"]) == set(FOLLOWING)
    known = {operation["operationId"] for _, _, operation in OPERATIONS}
    assert set(FOLLOWING) == known - {"start_checkout"}


def test_the_words_are_those_of_the_flow_table() -> None:
    schemas = api()["components"]["schemas"]
    assert schemas["StateEnum"]["enum"] == [state.value for state in CheckoutState]
    assert schemas["StepEnum"]["enum"] == [step.name for step in FLOW]


def test_only_starting_shows_a_token() -> None:
    schemas = api()["components"]["schemas"]
    holders = [name for name, schema in schemas.items() if "token" in schema.get("properties", {})]
    assert holders == ["Started"]
