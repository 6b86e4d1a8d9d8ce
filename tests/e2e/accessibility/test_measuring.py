"""The measuring itself: a page with one fault of each kind, and every one of them is found."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from tests.e2e.accessibility.measuring import Setting, inspect

FAULTY = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Faults</title><style>
body { background: #fff; color: #000 }
a, button, input { outline: none; min-height: 44px; min-width: 44px }
.skip-link:focus, .ring:focus { outline: 3px solid #000 }
.pale:focus { outline: 3px solid #eee }
.faint { color: #777; background: linear-gradient(#fff, #999) }
.wide { width: 340px } .cut { width: 60px; overflow: hidden; white-space: nowrap }
.tight { width: 16.5em; height: 1.3em; overflow: hidden }
.small { min-height: 0; min-width: 0; width: 20px; height: 20px; padding: 0 }
.over { position: fixed; left: 0; right: 0; bottom: 0; height: 200px; background: #fff }
.low { position: fixed; bottom: 20px; left: 20px }
.turning { animation: turn 1s infinite } @keyframes turn { to { rotate: 1turn } }
@media (forced-colors: active) { .flat { border: 0 } }
</style><a class="skip-link ring" href="#main">Skip</a><main id="main"><h1>Faults</h1>
<p class="faint">On a gradient</p><p class="wide">Too wide</p><p class="cut">Cut off before its end</p>
<p class="tight">Fits in one line, as it is</p><p class="turning">Turning</p>
<button class="small ring">Tiny</button> <button class="ring low">Low</button>
<button class="pale">Pale</button> <button>Unseen</button>
<button class="button ring flat">Flat</button>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="></main><div class="over"></div>"""
FOUND = [
    "at first p “Turning” moves for",
    "image-alt at img",
    ".faint has a contrast of",
    "the page is 3",
    "text is cut off in p “Cut off",
    "with wider spacing text is cut off in p “Fits",
    "button “Tiny” is only",
    "320 px, light: p “Turning” moves for",
    "button “Low” is hidden while it has the focus",
    "the ring around button “Pale” has a contrast of",
    "the focus cannot be seen on button “Unseen”",
    "button “Flat” has no border in forced colours",
]


def test_every_kind_of_fault_is_found(accessible: BrowserContext) -> None:
    page = accessible.new_page()
    page.route("**/faulty", lambda route: route.fulfill(body=FAULTY, content_type="text/html"))
    page.goto("http://127.0.0.1/faulty")
    faults = inspect(page, [Setting(320, "light")])
    page.close()
    missed = [fault for fault in FOUND if not any(fault in found for found in faults)]
    assert missed == [], faults
