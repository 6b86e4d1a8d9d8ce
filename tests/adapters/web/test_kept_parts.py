"""Parts of the live page are kept as HTML: never for another cart, another language or other steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test.utils import override_script_prefix
from django.utils import translation

from checkout.adapters.inbound.web import fragment
from checkout.adapters.inbound.web.fragment import render_fragment
from checkout.application.ports.outbound.checkout_queries_port import ProgressView
from checkout.domain.value_objects.checkout_id import new_checkout_id
from checkout.testing.proof.world import World


@pytest.fixture
def view(world: World) -> ProgressView:
    """A checkout whose cart is frozen."""
    checkout = world.start()
    world.tick()
    found = world.services.queries.progress(checkout)
    assert found is not None
    assert found.cart is not None
    return found


def html_of(view: ProgressView, language: str = "en") -> str:
    with translation.override(language):
        return render_fragment(view)[0]


def sold_as(view: ProgressView, name: str, **changed: Any) -> ProgressView:
    assert view.cart is not None
    lines = [{**line, "name": name} for line in view.cart["lines"]]
    return replace(view, cart={**view.cart, "lines": lines, **changed})


def test_another_cart_is_another_receipt(view: ProgressView) -> None:
    mug, jug = html_of(sold_as(view, "A mug")), html_of(sold_as(view, "A jug"))
    assert "A mug" in mug
    assert "A jug" in jug
    assert "A mug" not in jug
    assert "¥" in html_of(sold_as(view, "A mug", currency="JPY"))


def test_another_language_is_another_receipt_with_other_steps(view: ProgressView) -> None:
    english, german = html_of(view), html_of(view, "de")
    for words in ("Holding your items", "Total"):
        assert words in english
        assert words not in german
    assert html_of(view) == english


def test_other_steps_are_shown_for_the_same_cart(view: ProgressView) -> None:
    steps = [{**step, "status": "done"} for step in view.body["steps"]]
    done = replace(view, body={**view.body, "steps": steps})
    assert html_of(done).count("step--done") > html_of(view).count("step--done")


def test_what_a_shop_writes_is_escaped_in_what_is_kept(view: ProgressView) -> None:
    page = html_of(sold_as(view, "<script>alert(1)</script>"))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_commands_go_to_the_page_of_this_checkout_wherever_the_site_is(view: ProgressView) -> None:
    other = replace(view, id=new_checkout_id())
    with override_script_prefix("/shop/"):
        assert f'action="/shop/checkout/{view.id}/abort/"' in html_of(view)
        assert f'action="/shop/checkout/{other.id}/abort/"' in html_of(other)
    assert f'action="/checkout/{view.id}/abort/"' in html_of(view)


def test_the_same_is_made_once(view: ProgressView) -> None:
    fragment._receipt.cache_clear()
    for version in range(3):
        html_of(replace(view, version=version))
    assert fragment._receipt.cache_info().misses == 1
    assert fragment._receipt.cache_info().maxsize == fragment.RECEIPTS_KEPT, "and not for ever"
