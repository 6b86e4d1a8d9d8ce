"""Measuring a page that stands still: by axe-core, and by rules that axe leaves out."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page

from tests.e2e.accessibility.listening import STOPS_AT_MOST

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
OWN = Path(__file__).with_name("inspecting.js").read_text()
LEAST_CONTRAST = 4.5
MAIN_TARGET, ANY_TARGET = 44, 24  # pixels: our own rule for buttons and fields, and WCAG 2.5.8
MOST_MOVEMENT_MS = 5_000

# All rules of all levels and the best practices, with those for 2.2 that axe leaves off unless asked.
RUN = """async ([within, unruly]) => {
  const rules = {'target-size': {enabled: true}};
  unruly.forEach((id) => { rules[id] = {enabled: false}; });
  const where = within ? {include: [within], exclude: ['svg text']} : document;
  const found = await axe.run(where, {rules, resultTypes: ['violations', 'incomplete']});
  const told = (rule) => rule.nodes.map((node) =>
    ({id: rule.id, target: node.target.join(' '), why: node.failureSummary.replace(/\\s+/g, ' ')}));
  return [found.violations.flatMap(told), found.incomplete.flatMap(told)];
}"""
MEASURED = f"""() => [inspecting.sideways(), inspecting.cut(), inspecting.space(),
  inspecting.small({MAIN_TARGET}, {ANY_TARGET}), inspecting.moving(1)].flat()"""


class Setting(NamedTuple):
    """A window and a colour scheme. 320 px is 1280 px at 400 %."""

    width: int
    scheme: Any

    def __str__(self) -> str:
        return f"{self.width} px, {self.scheme}"


ALL = [Setting(width, scheme) for width in (320, 1280) for scheme in ("light", "dark")]
OPPOSITES = [Setting(320, "light"), Setting(1280, "dark")]  # for pages that share the same styles


def inspect(
    page: Page, settings: list[Setting] = OPPOSITES, unruly: tuple[str, ...] = ()
) -> list[str]:
    """Every fault of this page in these settings. `unruly` names rules of axe that it may break."""
    page.evaluate(AXE)
    page.evaluate(OWN)
    faults = [
        f"at first {fault}" for fault in page.evaluate(f"inspecting.moving({MOST_MOVEMENT_MS})")
    ]
    for setting in settings:
        with shown_in(page, setting):
            found = _by_axe(page, unruly) + page.evaluate(MEASURED)
            found += _with_the_keyboard(page)
        faults += [f"{setting}: {fault}" for fault in found]
    page.emulate_media(forced_colors="active")
    faults += page.evaluate("inspecting.unbounded()")
    page.emulate_media(forced_colors="none")
    return faults


def axe_faults(page: Page, within: str, settings: list[Setting] = OPPOSITES) -> list[str]:
    """What axe finds within an element of a page whose frame is not ours, such as the admin's.

    Words in a drawing are left out: their colour is a fill, which axe cannot read.
    """
    page.evaluate(AXE)
    page.evaluate(OWN)
    faults: list[str] = []
    for setting in settings:
        with shown_in(page, setting):
            faults += [f"{setting}: {fault}" for fault in _by_axe(page, (), within)]
    return faults


@contextmanager
def shown_in(page: Page, setting: Setting) -> Iterator[None]:
    """Show the page in this setting to somebody who wants no movement; afterwards as it was."""
    size = page.viewport_size
    page.emulate_media(color_scheme=setting.scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": setting.width, "height": 800})
    page.evaluate("inspecting.rest()")
    yield
    page.emulate_media(color_scheme=None, reduced_motion=None)
    if size:
        page.set_viewport_size(size)


def _by_axe(page: Page, unruly: tuple[str, ...], within: str = "") -> list[str]:
    violations, doubts = page.evaluate(RUN, [within, list(unruly)])
    faults = [f"{one['id']} at {one['target']}: {one['why']}" for one in violations]
    for one in doubts:
        if one["id"] == "color-contrast":  # words on a picture, which axe does not look at
            faults += _words_on_a_picture(page, one["target"])
        else:
            faults.append(f"axe cannot tell about {one['id']} at {one['target']}: {one['why']}")
    return faults


def _words_on_a_picture(page: Page, target: str) -> list[str]:
    box = page.evaluate("(target) => inspecting.box(target)", target)
    page.evaluate("(target) => inspecting.hide(target)", target)
    picture = base64.b64encode(page.screenshot(clip=box)).decode()
    page.evaluate("inspecting.hide('')")
    lowest = page.evaluate("([target, png]) => inspecting.lowest(target, png)", [target, picture])
    return [f"{target} has a contrast of {lowest:.1f}"] if lowest < LEAST_CONTRAST else []


def _with_the_keyboard(page: Page) -> list[str]:
    """From the first link on through everything: the focus is seen, and nothing is in front of it."""
    page.get_by_role("link").first.focus()
    faults: list[str] = []
    for _ in range(STOPS_AT_MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate("inspecting.focusFaults()")
        if not stop["name"]:
            return faults
        faults += stop["faults"]
    return [*faults, f"the focus is caught: {STOPS_AT_MOST} tabs do not lead out of the page"]
