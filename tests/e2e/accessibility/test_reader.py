"""The reader itself: each rule of live regions, by a scene that would be spoken wrongly without it."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.accessibility.listening import Heard, heard

STAGE = """<!doctype html><title>Shop</title><main>
<div id="status" role="status" aria-atomic="true">Old words.</div>
<div id="live" aria-live="polite"><p>First.</p></div>
<div id="alert" role="alert"></div>
<p id="hidden" role="status" hidden></p>
<ol id="steps"><li>Holding your items</li></ol>
<p id="clock">Held until 10:15 <span aria-hidden="true">(5 min)</span></p>
<div id="ticking" role="status">Held. <span aria-hidden="true">5 min</span></div>
<h1 tabindex="-1">Order confirmed</h1></main>"""


class Scene(NamedTuple):
    """What happens on the page, and what is spoken."""

    happens: str
    spoken: list[tuple[str, str]]


SCENES = {
    "text into a standing status": Scene(
        "at('status').textContent = 'Payment taken. Step 3 of 4.'",
        [("polite", "Payment taken. Step 3 of 4.")],
    ),
    "an atomic status is spoken as a whole": Scene(
        "at('status').insertAdjacentHTML('beforeend', ' <b>New.</b>')",
        [("polite", "Old words. New.")],
    ),
    "a region that is not atomic tells what is new": Scene(
        "at('live').insertAdjacentHTML('beforeend', '<p>Second.</p>')",
        [("polite", "Second.")],
    ),
    "the same text written again": Scene(
        "at('status').textContent = 'Old words.'", [("polite", "Old words.")]
    ),
    "the whole status replaced": Scene(
        "at('status').outerHTML = '<div role=\"status\">Payment taken.</div>'", []
    ),
    "a status that is shown together with its words": Scene(
        "at('hidden').hidden = false; at('hidden').textContent = 'Connection lost.'", []
    ),
    "a status that is emptied": Scene("at('status').textContent = ''", []),
    "list items replaced": Scene("at('steps').innerHTML = '<li>Taking payment</li>'", []),
    "an alert inserted": Scene(
        "at('steps').insertAdjacentHTML('afterend', '<p role=\"alert\">Payment declined.</p>')",
        [("assertive", "Payment declined.")],
    ),
    "text into a standing alert": Scene(
        "at('alert').textContent = 'Payment declined.'", [("assertive", "Payment declined.")]
    ),
    "a hidden tick": Scene("at('clock').lastChild.textContent = '(4 min)'", []),
    "a hidden tick inside a status": Scene("at('ticking').lastChild.textContent = '4 min'", []),
    "the focus on the heading": Scene(
        "document.querySelector('h1').focus()", [("focus", "h1, level 1, Order confirmed")]
    ),
    "another title": Scene("document.title = 'Confirmed'", [("title", "Confirmed")]),
}


@pytest.fixture(scope="module")
def stage(accessible: BrowserContext) -> BrowserContext:
    """A browser in which the stage can be opened."""
    accessible.route("**/stage", lambda route: route.fulfill(body=STAGE, content_type="text/html"))
    return accessible


def test_each_rule(stage: BrowserContext) -> None:
    page = stage.new_page()
    for name, scene in SCENES.items():
        page.goto("http://127.0.0.1/stage")
        page.evaluate(
            "(happens) => new Function('at', happens)((id) => document.getElementById(id))",
            scene.happens,
        )
        assert heard(page) == [Heard(*one) for one in scene.spoken], name
    page.close()
