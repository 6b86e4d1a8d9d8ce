"""The committed contracts, and whether an answer keeps to them."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

import checkout

FOLDER = Path(checkout.__file__).parent / "contracts"
API = FOLDER / "apis" / "checkout.v1.yaml"
COMPLETED = FOLDER / "events" / "checkout_completed.v1.json"
jsonschema: Any = import_module("jsonschema")  # it carries no types
FORMATS = jsonschema.FormatChecker(["uuid"])
PROBLEM = "application/problem+json"
# What any HTTP server may say to any request; the contract does not repeat it everywhere.
GENERAL = (405, 406, 500)


@FORMATS.checks("date-time", raises=ValueError)
def _is_time_with_zone(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("uri")
def _is_absolute(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


@cache
def api() -> dict[str, Any]:
    """The OpenAPI document as it is committed."""
    document: dict[str, Any] = yaml.safe_load(API.read_text())
    return document


@cache
def completed() -> dict[str, Any]:
    """The JSON Schema of checkout_completed.v1."""
    schema: dict[str, Any] = json.loads(COMPLETED.read_text())
    return schema


def errors_of(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with the value, as sentences."""
    return [error.message for error in _validator(json.dumps(schema)).iter_errors(value)]


@cache
def _validator(schema: str) -> Any:
    return jsonschema.Draft202012Validator(json.loads(schema), format_checker=FORMATS)


def operation(method: str, path: str) -> dict[str, Any]:
    """The operation that answers at this address. Raises KeyError when there is none."""
    for template, item in api()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            found: dict[str, Any] = item[method.lower()]
            return found
    raise KeyError(path)


def check(method: str, path: str, response: Any) -> None:
    """Fails when the contract does not foresee this answer."""
    status = response.status_code
    if status in GENERAL:
        assert response["Content-Type"] == PROBLEM
        assert errors_of(_component("Problem"), json.loads(response.content)) == []
        return
    documented = operation(method, path)["responses"]
    assert str(status) in documented, f"{method} {path} answered an undocumented {status}"
    _check_body(documented[str(status)], response)


def _check_body(said: dict[str, Any], response: Any) -> None:
    for name in said.get("headers", {}):
        assert name in response, f"{name} is missing"
    content = said.get("content")
    if not content:
        assert response.content == b""
        return
    assert response["Content-Type"] in content
    name = content[response["Content-Type"]]["schema"]["$ref"].rsplit("/", 1)[-1]
    body = json.loads(response.content)
    assert errors_of(_component(name), body) == []
    declared = api()["components"]["schemas"][name]["properties"]
    assert set(body) <= set(declared), "a member that the contract does not name"


def _component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": api()["components"]}
