"""Every page of ours in the admin is under the strict policy, and nobody keeps a copy of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import URLPattern
from pytest_django import Settings

from checkout.adapters.inbound.admin import headers
from checkout.testing.proof.world import World
from tests.adapters.admin.asking import COMMANDS, LIST, there
from tests.adapters.commands.conftest import awaiting

OURS = [m for model, m in admin.site._registry.items() if model._meta.app_label == "checkout"]
ADDRESSES = [pattern for one in OURS for pattern in one.urls]
INBOX, LIMITS = "/admin/checkout/checkoutinbox/", "/admin/checkout/attemptcounter/"
PAGES = (LIST, f"{LIST}is-it-you/", INBOX, f"{INBOX}replay/?ids=1", LIMITS)
INLINE = re.compile(r"\sstyle=|\son\w+=|<style|<script(?![^>]*src=)")


def rules_of(answer: Any) -> dict[str, str]:
    """The policy of an answer by directive."""
    said = str(answer.headers["Content-Security-Policy"])
    return dict(rule.split(" ", 1) for rule in said.split("; "))


def check(answer: Any) -> None:
    """Nothing but our own files, nobody frames it, nobody keeps it."""
    rules = rules_of(answer)
    assert rules["default-src"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in str(rules)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("pattern", ADDRESSES, ids=lambda pattern: str(pattern.pattern))
def test_every_address_asks_who_it_is_and_carries_the_headers(pattern: URLPattern) -> None:
    """Without any middleware: the app itself says so, and lets nobody in who is not logged in."""
    request = RequestFactory().get("/admin/somewhere/")
    request.user = AnonymousUser()
    answer = pattern.callback(request)
    assert answer.headers["Location"].startswith("/admin/login/")
    check(answer)


@pytest.mark.parametrize("page", [*PAGES, "change", "history", *COMMANDS])
def test_every_page_keeps_to_the_policy(world: World, boss: Client, page: str) -> None:
    awaiting(world)
    answer = boss.get(page if page.startswith("/") else there(world, page))
    assert answer.status_code == 200
    check(answer)
    assert not INLINE.search(answer.content.decode())


@pytest.mark.parametrize("page", ["/admin/", "/admin/shop/product/", "/admin/nothing/"])
def test_the_rest_of_the_admin_is_under_it_too(boss: Client, page: str) -> None:
    assert rules_of(boss.get(page))["default-src"] == "'none'"
    assert rules_of(Client().get("/admin/login/"))["form-action"] == "'self'"


def test_static_files_may_lie_elsewhere(settings: Settings) -> None:
    settings.STATIC_URL = "https://files.shop.example/static/"
    assert "script-src 'self' https://files.shop.example;" in headers.policy()
    assert "form-action 'self';" in headers.policy()


def test_a_process_without_an_admin_has_the_policy_of_pages(settings: Settings) -> None:
    settings.ROOT_URLCONF = "project.provider.site_urls"
    answer = Client().get("/healthz/live")
    assert answer.status_code == 204
    assert rules_of(answer)["default-src"] == "'self'"
