"""What the reference shop starts with. Prices in cents, VAT included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_noop as _

from project.shop.models import Coupon


@dataclass(frozen=True)
class Article:
    """A product of the first stocking. `stock` is how many there are, `details` one fact a line."""

    sku: str
    name: str
    price: int
    stock: int
    summary: str
    description: str
    details: str

    @property
    def picture(self) -> str:
        """The static path of its drawing."""
        return f"shop/products/{self.sku.lower()}.svg"


@dataclass(frozen=True)
class Voucher:
    """A coupon of the first stocking. `ends_in` counts from the day of filling."""

    code: str
    label: str
    kind: str
    value: int
    minimum: int = 0
    uses: int | None = None
    ends_in: timedelta | None = None


ARTICLES = (
    Article(
        "MUG-TIDE",
        _("Tide mug"),
        1800,
        120,
        _("Stoneware, dipped in two blues"),
        _(
            "Thrown by hand and dipped twice, so that no two waterlines are the same. "
            "The wide handle leaves room for a whole hand, mittens included."
        ),
        _("Stoneware, glazed inside and out\n350 ml, 9 cm high\nDishwasher and microwave safe"),
    ),
    Article(
        "TEAPOT-FJORD",
        _("Fjord teapot"),
        5800,
        40,
        _("Pours without a drip"),
        _(
            "A low, round pot with a spout that stops when you do. "
            "The lid sits deep enough to stay on until the last cup."
        ),
        _("Stoneware, matt glaze\n900 ml, four cups\nWith a stainless steel strainer"),
    ),
    Article(
        "BOWL-DUNE",
        _("Dune bowl"),
        2400,
        85,
        _("For soup, porridge and everything else"),
        _("A deep bowl with a rim that is pleasant to hold, speckled like wet sand."),
        _("Stoneware, glazed\n16 cm across, 650 ml\nStacks without scratching"),
    ),
    Article(
        "VASE-REED",
        _("Reed vase"),
        3600,
        3,
        _("Tall and narrow, for a few good stems"),
        _("Three branches from the garden are enough. The foot is heavy, so it stays where it is."),
        _("Stoneware, unglazed outside\n28 cm high\nFired in small batches"),
    ),
    Article(
        "LANTERN-PIER",
        _("Pier lantern"),
        8900,
        3,
        _("Brass and glass, made to be left outside"),
        _(
            "The lantern from the end of the jetty, in a size that suits a table. "
            "The brass darkens with the weather, and is meant to."
        ),
        _("Solid brass, clear glass\n31 cm high with its ring\nFor candles up to 7 cm across"),
    ),
    Article(
        "CANDLE-PINE",
        _("Pine candle"),
        1950,
        150,
        _("Resin, cedar and a little smoke"),
        _("Smells of a cabin in the morning. Burns evenly for about forty hours."),
        _("Rapeseed wax, cotton wick\n200 g in a reusable glass\nTrim the wick to 5 mm"),
    ),
    Article(
        "BOARD-OAK",
        _("Oak board"),
        4200,
        60,
        _("One plank, oiled, for bread and cheese"),
        _(
            "Cut from a single plank and oiled three times. "
            "The hole is for a hook, the leather for your hand."
        ),
        _("European oak, linseed oil\n42 × 20 cm, 2 cm thick\nWipe clean, oil once a year"),
    ),
    Article(
        "SPOONS-CHERRY",
        _("Cherry spoons"),
        1600,
        90,
        _("Three spoons for stirring and serving"),
        _("Carved from cherry wood, which turns darker and finer with every sauce."),
        _("Cherry wood, oiled\n20, 25 and 30 cm\nWash by hand"),
    ),
    Article(
        "KETTLE-ENAMEL",
        _("Enamel kettle"),
        6400,
        0,
        _("A camp kettle for the kitchen"),
        _("Light, quick and hard to hurt. The beech grip stays cool, the whistle is polite."),
        _("Enamelled steel, beech grip\n1.6 litres\nAll hobs, induction included"),
    ),
    Article(
        "MILL-WALNUT",
        _("Walnut mill"),
        3450,
        5,
        _("Pepper, from dust to crushed"),
        _("A ceramic grinder under a turned walnut body. It will grind longer than we will."),
        _("Walnut, ceramic grinder\n21 cm high\nAlso grinds coarse salt"),
    ),
    Article(
        "TOWEL-LINEN",
        _("Linen towel"),
        1400,
        200,
        _("Dries glasses without a thread left behind"),
        _("Woven in Estonia from long flax. Stiff for a week, then soft for twenty years."),
        _("100 % linen\n48 × 70 cm, with a loop\nWash at 60 °C"),
    ),
    Article(
        "APRON-CANVAS",
        _("Canvas apron"),
        3800,
        45,
        _("Two deep pockets, straps that cross"),
        _(
            "Heavy cotton canvas in harbour blue. "
            "The straps cross behind, so nothing hangs on the neck."
        ),
        _("Cotton canvas, 380 g/m²\nOne size, adjustable\nWash at 40 °C"),
    ),
    Article(
        "NOTEBOOK-LOG",
        _("Logbook"),
        1250,
        175,
        _("Lies flat, takes ink, survives pockets"),
        _(
            "192 pages of cream paper, sewn so that it opens flat at any page, "
            "with a ribbon to find it."
        ),
        _("100 g/m² paper, faint dots\nA5, thread-sewn, linen spine\nNumbered pages"),
    ),
    Article(
        "PENCILS-CEDAR",
        _("Cedar pencils"),
        900,
        220,
        _("Six pencils that smell as they should"),
        _("Incense cedar around a smooth lead. HB for lists, 2B for everything else."),
        _("Three HB, three 2B\nIncense cedar, water-based lacquer\nIn a folded card box"),
    ),
    Article(
        "SOAP-KELP",
        _("Kelp soap"),
        750,
        160,
        _("Sea salt, kelp and nothing shiny"),
        _("A plain bar that washes hands after gardening. Cured for six weeks so that it lasts."),
        _("Olive and rapeseed oil, kelp, sea salt\n120 g\nWrapped in paper"),
    ),
    Article(
        "THROW-WOOL",
        _("Wool throw"),
        11900,
        12,
        _("For the sofa, or for the deck"),
        _("Norwegian wool with a fringe and one stripe, woven in a mill that has a water wheel."),
        _("100 % new wool\n130 × 190 cm\nAir it; wash rarely, and cold"),
    ),
)

VOUCHERS = (
    Voucher("WELCOME10", _("10 % welcome"), Coupon.PERCENTAGE, 10),
    Voucher("FIVER", _("5 euros off"), Coupon.FIXED, 500, minimum=2000),
    Voucher("ONCE", _("15 % for the first one"), Coupon.PERCENTAGE, 15, uses=1),
    Voucher("OLD", _("Last winter's 25 %"), Coupon.PERCENTAGE, 25, ends_in=timedelta(days=-30)),
    Voucher("BIG20", _("20 % from 100 euros"), Coupon.PERCENTAGE, 20, minimum=10000),
    Voucher("FRIENDS100", _("On the house"), Coupon.PERCENTAGE, 100),
)
