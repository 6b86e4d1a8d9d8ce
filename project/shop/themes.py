"""The faces of the reference shop. One is chosen by SHOP_THEME; checkout knows of none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """A name, a mark and the style sheets that come behind checkout's own."""

    name: str
    logo: str
    icon: str
    stylesheets: tuple[str, ...]


SHEETS = ("checkout/checkout.css", "checkout/flow.css", "shop/shop.css")
THEMES = {
    "harbour": Theme("Harbour & Pine", "shop/logo.svg", "shop/icon.svg", SHEETS),
    "kobalt": Theme(
        "Kobalt",
        "shop/themes/kobalt.svg",
        "shop/themes/kobalt.svg",
        (*SHEETS, "shop/themes/kobalt.css"),
    ),
}
