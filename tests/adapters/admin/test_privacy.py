"""What people may read: masked addresses, payloads without secrets, and what Django's log keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkout.adapters.inbound.admin.privacy import HIDDEN, Reader, masked, masked_in

CARD = "4242424242424242"
TOKEN = "made-by-ourselves-0123456789"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ada@example.org", "a•••@example.org"),
        ("Ada.Lovelace+shop@mail.example.co.uk", "A•••@mail.example.co.uk"),
        ("a@example.org", "•••@example.org"),
        ("o'brien@example.org", "o•••@example.org"),
        ("jürgen@bücher.example", "j•••@bücher.example"),
        ("用户@例子.广告", "用•••@例子.广告"),
        ('"ada lovelace"@example.org', '"•••@example.org'),
        ('"a@b"@example.org', '"•••@example.org'),
        ("ada@[192.0.2.1]", "a•••@[192.0.2.1]"),
        ("root@localhost", "r•••@localhost"),
    ],
)
def test_an_address_is_masked_alone_and_in_a_text(address: str, shown: str) -> None:
    assert masked(address) == shown
    assert masked_in(f"Mail to <{address}>, please.") == f"Mail to <{shown}>, please."
    assert masked_in(f"{address}.") == f"{shown}."


def test_what_is_no_address_gives_nothing_away() -> None:
    assert masked("") == masked("no address at all") == "•••"
    for text in ("", "2 @ €3.00", "@", "no address", "a@ b", "€29.90 for order-1"):
        assert masked_in(text) == text


def test_a_known_address_is_found_however_odd_it_is() -> None:
    odd = "ada lovelace @home"
    assert masked_in("said ADA Lovelace @HOME twice", odd) == "said a•••@home twice"
    assert masked_in("back to mailto:ada%40example.org") == "back to mailto:a•••%40example.org"
    assert masked_in("a sentence stays as it is", "a") == "a sentence stays as it is"
    assert masked_in("A@example.org!", "a@example.org") == "•••@example.org!"


def test_many_signs_are_read_in_no_time() -> None:
    long = "a" * 5_000 + "@" + "b." * 5_000 + ' "' * 500
    assert "aaaaaaaaaa@" not in masked_in(long)


@pytest.mark.parametrize(
    "payload",
    [
        {"client_secret": "pi_1_secret_2"},
        {"headers": [{"Authorization": "Basic YWRh"}]},
        {"deep": {"Set-Cookie": ["sessionid=1"]}},
        {"cvc": 123, "password": "hunter2"},
        {"text": f"paid with {CARD}"},
        {"number": int(CARD)},
        {"text": "sk_live_0123456789abcdef"},
        {"text": f"his link is {TOKEN}"},
        {CARD: "as a name"},
        {"url": "https://ada:word@pay.example/p/1?session=cs_1#key"},
    ],
)
def test_no_secret_is_shown_to_anybody(payload: dict[str, Any]) -> None:
    paper = Reader(whole=True, ours=(TOKEN,)).paper(payload)
    secrets = ("secret_2", "YWRh", "sessionid", "123", "hunter2", CARD, "sk_live", TOKEN)
    for secret in (*secrets, "word@", "cs_1", "#key"):
        assert secret not in paper
    assert "•••" in paper


def test_a_payload_is_readable_json() -> None:
    payload = {"amount": 2990, "buyer": {"email": "ada@example.org"}, "closed": False, "x": None}
    paper = Reader(whole=True).paper(payload)
    assert json.loads(paper) == payload
    assert '\n  "amount": 2990' in paper
    assert Reader(whole=False).paper(payload) == Reader(whole=True).paper({}) == ""


@pytest.mark.parametrize("whole", [True, False])
def test_a_sentence_with_a_secret_is_shown_to_nobody(whole: bool) -> None:
    said = Reader(whole, "ada@example.org", (TOKEN,))
    assert said.text(f"the card {CARD}") == said.text(f"with {TOKEN}") == HIDDEN
    assert said.text("for Ada@Example.org") == (
        "for Ada@Example.org" if whole else "for a•••@example.org"
    )
