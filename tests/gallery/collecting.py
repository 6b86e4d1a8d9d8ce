"""The pages of all rows as the product makes them, with whatever differs between runs made equal."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from django.db import transaction
from django.test import Client

from checkout import bootstrap
from checkout.testing.proof.world import World
from tests.adapters.api.asking import proven
from tests.adapters.web.visiting import Shown, Visitor
from tests.gallery.rows import ROWS, Row
from tests.gallery.situations import furnish

NOW = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)  # what the browser's clock says
ID = "3f2a7c10-5e0b-4d7f-9a68-0c2b1d4e6f85"
LEFT = timedelta(minutes=14)
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"
_LEAD = re.compile(r'<p class="lead">(.*?)</p>', re.S)
_WAITING = re.compile(r'<span class="waiting__words">(.*?)</span>', re.S)
_ASSET = re.compile(r'(?:href|src)="(/[^"]+\.(?:css|js|svg|woff2?)(?:\?[^"]*)?)"')
_INSIDE = re.compile(r"""url\(["']?(/[^"')]+)["']?\)""")
_TAGS = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Words:
    """What a page says: heading, sentence, words while waiting, money line, what is offered."""

    heading: str
    lead: str
    waiting: str
    money: str
    action: str


@dataclass(frozen=True)
class Screen:
    """A row's page, ready for a browser."""

    row: Row
    html: str
    words: Words


def collect(rows: tuple[Row, ...] = ROWS) -> list[Screen]:
    """The pages of the rows. Needs a database, in which nothing is left behind."""
    return [_collect(row) for row in rows]


def _collect(row: Row) -> Screen:
    with transaction.atomic(), World() as world:
        furnish(world)
        bootstrap.use(replace(world.services, prove_cart=proven))
        row.begin(world)
        world.shift(row.waited)
        shown = _shown(Visitor("browser", ("cart-1",)), row.page, str(world.id))
        transaction.set_rollback(True)
    return Screen(row, normal(shown.html, str(world.id), row.waited), words(shown))


def _shown(visitor: Visitor, page: str, checkout: str) -> Shown:
    path = f"/checkout/{checkout}/"
    if page == "retry":
        return visitor.send(f"{path}retry/")
    return visitor.see(path + {"summary": "summary/", "returned": "?returned=1"}.get(page, ""))


def words(shown: Shown) -> Words:
    """What a person reads first, second and third."""
    money = unescape(shown.money.partition(": ")[2]) if "money-line" in shown.html else ""
    return Words(
        shown.heading,
        _read(_LEAD, shown.html),
        _read(_WAITING, shown.html),
        money,
        ", ".join(shown.primary),
    )


def _read(where: re.Pattern[str], html: str) -> str:
    found = where.search(html)
    return unescape(" ".join(_TAGS.sub("", found.group(1)).split())) if found else ""


def normal(html: str, checkout: str, waited: int) -> str:
    """The same page with the id and the times of the gallery."""
    until = (NOW + LEFT).isoformat()
    html = html.replace(checkout, ID)
    html = re.sub(rf'data-until="{_MOMENT}"', f'data-until="{until}"', html)
    html = re.sub(r'data-waited="[\d.]+"', f'data-waited="{waited}"', html)
    html = re.sub(r'data-seconds="\d+"', f'data-seconds="{LEFT.seconds}"', html)
    ended = f'<dd><time datetime="{NOW.isoformat()}">{NOW:%B %-d, %Y}<'
    html = re.sub(rf'<dd><time datetime="{_MOMENT}">[^<]*<', ended, html)
    clock = f"{NOW + LEFT:%H:%M} UTC"
    html = re.sub(
        rf'until <time datetime="{_MOMENT}">[^<]*<',
        f'until <time datetime="{until}">{clock}<',
        html,
    )
    return re.sub(r"[A-Za-z0-9]{64}", "0" * 64, html)  # CSRF tokens


def assets(screens: list[Screen]) -> dict[str, tuple[str, bytes]]:
    """Kind and content of every style sheet, script and drawing that the pages ask for."""
    client, found = Client(), {}
    wanted = {path for screen in screens for path in _ASSET.findall(screen.html)}
    while wanted:
        path = wanted.pop()
        answer: Any = client.get(path)
        assert answer.status_code == 200, path
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        found[path] = (answer["Content-Type"], content)
        if path.partition("?")[0].endswith(".css"):
            wanted |= set(_INSIDE.findall(content.decode())) - set(found)
    return found
