"""One style sheet on every page, whatever the theme; a shop changes the frame without a copy."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.urls import reverse

from checkout.adapters.inbound.web import styles
from checkout.domain.value_objects.checkout_id import CheckoutId
from project.shop.themes import THEMES
from tests.adapters.web.visiting import Visitor

pytestmark = pytest.mark.django_db
SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
SHOPS_FRAME = """{% extends "checkout/base.html" %}
{% block brand %}<b>Our own mark</b>{% endblock %}"""


def test_every_page_asks_for_the_same_one_sheet(
    shopper: Visitor, waiting: CheckoutId, client: Client
) -> None:
    pages = [shopper.progress(waiting).html, client.get("/").content.decode()]
    pages += [render_to_string(name) for name in ("404.html", "500.html", "403_csrf.html")]
    assert [SHEET.findall(page) for page in pages] == [[reverse("checkout:styles")]] * len(pages)


def test_the_sheet_is_kept_for_ever_and_compressed(client: Client) -> None:
    address = reverse("checkout:styles")
    plain = client.get(address)
    squeezed = client.get(address, headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(squeezed.content) == plain.content
    assert len(squeezed.content) < 9_000
    assert "immutable" in plain["Cache-Control"]
    assert "Accept-Encoding" in plain["Vary"]
    assert plain["Content-Type"] == "text/css; charset=utf-8"
    for token in (b"--brand:", b".money-line", b".basket__line"):
        assert token in plain.content


def test_a_page_of_another_release_still_has_a_face(client: Client) -> None:
    answer = client.get("/checkout/styles.0123456789ab.css")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=60"


def test_what_is_in_the_sheet_decides_its_address() -> None:
    names = [styles.bundle(theme.stylesheets) for theme in THEMES.values()]
    assert len({made.digest for made in names}) == len(THEMES)


def test_pictures_of_a_theme_are_found_from_the_one_sheet(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    sheet = '/* our own */ .a { background: url("../mark.svg") } .b { background: url(#x) }'
    (tmp_path / "ours" / "theme.css").write_text(sheet)
    with override_settings(STATICFILES_DIRS=[tmp_path]):
        text = styles.bundle(("ours/theme.css",)).text.decode()
    assert 'url("/static/mark.svg")' in text
    assert "url(#x)" in text
    assert "our own" not in text


def test_a_sheet_that_is_missing_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"'ours/gone\.css', which no static files"):
        styles.bundle(("ours/gone.css",))


@pytest.mark.parametrize("said", [None, {}, {"STYLESHEETS": "one.css"}])
def test_settings_that_name_no_list_are_left_to_the_checks(said: Any) -> None:
    with override_settings(CHECKOUT=said):
        assert styles.stylesheets() == styles.DEFAULT


def test_a_shop_fills_blocks_of_the_frame(tmp_path: Path) -> None:
    own = tmp_path / "checkout" / "base.html"
    own.parent.mkdir()
    own.write_text(SHOPS_FRAME)
    engine: dict[str, Any] = settings.TEMPLATES[0]
    with override_settings(TEMPLATES=[{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]):
        page = render_to_string("checkout/slow_down.html", {"said": "Slowly.", "back": "/"})
    assert "Our own mark" in page
    assert "Slowly." in page
    assert 'class="brand"' not in page


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_gives_name_mark_and_sheet(client: Client, theme: str) -> None:
    with override_settings(SHOP_THEME=theme):
        page = client.get("/").content.decode()
    assert f"<span>{THEMES[theme].name}</span>" in page.replace("&amp;", "&")
    assert f'src="/static/{THEMES[theme].logo}"' in page


def test_static_files_are_compressed_and_pages_are_not(
    shopper: Visitor, waiting: CheckoutId
) -> None:
    accept = {"Accept-Encoding": "gzip"}
    static = shopper.client.get("/static/checkout/progress.js", headers=accept)
    assert static["Content-Encoding"] == "gzip"
    source = Path(settings.BASE_DIR) / "static" / "checkout" / "progress.js"
    assert gzip.decompress(static.getvalue()) == source.read_bytes()
    part = shopper.client.get(
        "/static/checkout/progress.js", headers={**accept, "Range": "bytes=0-99"}
    )
    assert "Content-Encoding" not in part
    assert len(part.getvalue()) == 100
    page = shopper.client.get(f"/checkout/{waiting}/", headers=accept)
    assert "Content-Encoding" not in page
