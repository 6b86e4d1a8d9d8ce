"""Faults on demand, over real HTTP: what was done, and what the merchant learns of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pytest_django.live_server_helper import LiveServer

from project.provider.models import Fault, Payment
from tests import patience
from tests.adapters.provider.conftest import KEY, Merchant
from tests.adapters.provider.test_payments import GOOD, in_parallel
from tests.patience import eventually
from tests.ports import PLAIN_HTTP


@pytest.fixture
def http(live_server: LiveServer) -> Iterator[httpx2.Client]:
    """A merchant's client."""
    with httpx2.Client(
        base_url=f"{live_server.url}/provider/v1/",
        headers={"Authorization": f"Bearer {KEY}", "Connection": "close"},
        timeout=patience.SECONDS,
        trust_env=False,
        verify=PLAIN_HTTP,
    ) as client:
        yield client


def plan(http: httpx2.Client, **fault: Any) -> None:
    """Plan a fault for the next call."""
    assert http.post("faults", json=fault).status_code == 201


def create(http: httpx2.Client, timeout: float = patience.SECONDS) -> httpx2.Response:
    return http.post("payments", json=GOOD, headers={"Idempotency-Key": "k"}, timeout=timeout)


def test_a_500_does_nothing_and_the_next_call_works(http: httpx2.Client) -> None:
    plan(http, method="create", mode="500")
    assert create(http).status_code == 500
    assert not Payment.objects.exists()
    assert create(http).status_code == 201


def test_a_lost_answer_has_done_its_work_once(http: httpx2.Client) -> None:
    plan(http, method="create", mode="500_after")
    assert create(http).status_code == 500
    (payment,) = Payment.objects.all()
    assert http.get("payments", params={"reference": "r"}).json()["id"] == payment.pk
    again = create(http)
    assert (again.status_code, again.json()["id"]) == (201, payment.pk)


@pytest.mark.parametrize(
    "fault", [{"mode": "timeout_after", "seconds": 5}, {"mode": "drop_after"}], ids=str
)
def test_an_answer_that_never_comes_has_done_its_work_once(
    http: httpx2.Client, fault: dict[str, Any]
) -> None:
    plan(http, method="create", **fault)
    with pytest.raises((httpx2.TimeoutException, httpx2.RemoteProtocolError)):
        create(http, timeout=0.5)
    eventually(Payment.objects.exists)
    (payment,) = Payment.objects.all()
    assert create(http).json()["id"] == payment.pk


def test_a_slow_call_works_in_the_end(http: httpx2.Client) -> None:
    plan(http, method="create", mode="slow", seconds=0.2)
    begun = time.monotonic()
    assert create(http).status_code == 201
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("method", ["lookup", "close", "capture", "void", "refund"])
def test_every_method_can_fail(merchant: Merchant, method: str) -> None:
    payment = merchant.paid()
    if method == "refund":
        merchant.act(payment, "capture", 1600)
    assert merchant.post("faults", {"method": method, "mode": "500"})[0] == 201

    def call() -> int:
        if method == "lookup":
            return merchant.get(f"payments/{payment['id']}")[0]
        return merchant.act(payment, method, 1600, key=method)[0]

    assert [call(), call()] == [500, 200]


def test_a_fault_is_used_exactly_as_often_as_planned(merchant: Merchant) -> None:
    merchant.post("faults", {"method": "create", "mode": "500", "count": 3})

    def one(number: int) -> int:
        return Merchant().post("payments", {**GOOD, "reference": f"r{number}"}, key=f"k{number}")[0]

    assert sorted(in_parallel(8, one)) == [201] * 5 + [500] * 3


def test_faults_can_be_forgotten(merchant: Merchant) -> None:
    merchant.post("faults", {"method": "create", "mode": "500", "count": 9})
    answer = merchant.http.delete("/provider/v1/faults", headers=merchant.auth)
    assert answer.json() == {"deleted": 1}
    assert merchant.create()["status"] == "open"


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "explode"},
        {"mode": "explode"},
        {"mode": []},
        {"count": 0},
        {"count": "many"},
        {"count": True},
        {"seconds": -1},
        {"seconds": "long"},
        {"seconds": 61},
    ],
    ids=str,
)
def test_a_malformed_fault_is_refused(merchant: Merchant, wrong: dict[str, Any]) -> None:
    status, body = merchant.post("faults", {"method": "create", "mode": "500", **wrong})
    assert (status, body["error"]["code"]) == (400, "malformed")
    assert not Fault.objects.exists()
