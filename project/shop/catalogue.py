"""What the reference shop starts with. Prices in cents, VAT included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

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
        "Tide mug",
        1800,
        120,
        "Stoneware, dipped in two blues",
        "Thrown by hand and dipped twice, so that no two waterlines are the same. "
        "The wide handle leaves room for a whole hand, mittens included.",
        "Stoneware, glazed inside and out\n350 ml, 9 cm high\nDishwasher and microwave safe",
    ),
    Article(
        "TEAPOT-FJORD",
        "Fjord teapot",
        5800,
        40,
        "Pours without a drip",
        "A low, round pot with a spout that stops when you do. "
        "The lid sits deep enough to stay on until the last cup.",
        "Stoneware, matt glaze\n900 ml, four cups\nWith a stainless steel strainer",
    ),
    Article(
        "BOWL-DUNE",
        "Dune bowl",
        2400,
        85,
        "For soup, porridge and everything else",
        "A deep bowl with a rim that is pleasant to hold, speckled like wet sand.",
        "Stoneware, glazed\n16 cm across, 650 ml\nStacks without scratching",
    ),
    Article(
        "VASE-REED",
        "Reed vase",
        3600,
        3,
        "Tall and narrow, for a few good stems",
        "Three branches from the garden are enough. The foot is heavy, so it stays where it is.",
        "Stoneware, unglazed outside\n28 cm high\nFired in small batches",
    ),
    Article(
        "LANTERN-PIER",
        "Pier lantern",
        8900,
        3,
        "Brass and glass, made to be left outside",
        "The lantern from the end of the jetty, in a size that suits a table. "
        "The brass darkens with the weather, and is meant to.",
        "Solid brass, clear glass\n31 cm high with its ring\nFor candles up to 7 cm across",
    ),
    Article(
        "CANDLE-PINE",
        "Pine candle",
        1950,
        150,
        "Resin, cedar and a little smoke",
        "Smells of a cabin in the morning. Burns evenly for about forty hours.",
        "Rapeseed wax, cotton wick\n200 g in a reusable glass\nTrim the wick to 5 mm",
    ),
    Article(
        "BOARD-OAK",
        "Oak board",
        4200,
        60,
        "One plank, oiled, for bread and cheese",
        "Cut from a single plank and oiled three times. "
        "The hole is for a hook, the leather for your hand.",
        "European oak, linseed oil\n42 × 20 cm, 2 cm thick\nWipe clean, oil once a year",
    ),
    Article(
        "SPOONS-CHERRY",
        "Cherry spoons",
        1600,
        90,
        "Three spoons for stirring and serving",
        "Carved from cherry wood, which turns darker and finer with every sauce.",
        "Cherry wood, oiled\n20, 25 and 30 cm\nWash by hand",
    ),
    Article(
        "KETTLE-ENAMEL",
        "Enamel kettle",
        6400,
        0,
        "A camp kettle for the kitchen",
        "Light, quick and hard to hurt. The beech grip stays cool, the whistle is polite.",
        "Enamelled steel, beech grip\n1.6 litres\nAll hobs, induction included",
    ),
    Article(
        "MILL-WALNUT",
        "Walnut mill",
        3450,
        5,
        "Pepper, from dust to crushed",
        "A ceramic grinder under a turned walnut body. It will grind longer than we will.",
        "Walnut, ceramic grinder\n21 cm high\nAlso grinds coarse salt",
    ),
    Article(
        "TOWEL-LINEN",
        "Linen towel",
        1400,
        200,
        "Dries glasses without a thread left behind",
        "Woven in Estonia from long flax. Stiff for a week, then soft for twenty years.",
        "100 % linen\n48 × 70 cm, with a loop\nWash at 60 °C",
    ),
    Article(
        "APRON-CANVAS",
        "Canvas apron",
        3800,
        45,
        "Two deep pockets, straps that cross",
        "Heavy cotton canvas in harbour blue. "
        "The straps cross behind, so nothing hangs on the neck.",
        "Cotton canvas, 380 g/m²\nOne size, adjustable\nWash at 40 °C",
    ),
    Article(
        "NOTEBOOK-LOG",
        "Logbook",
        1250,
        175,
        "Lies flat, takes ink, survives pockets",
        "192 pages of cream paper, sewn so that it opens flat at any page, "
        "with a ribbon to find it.",
        "100 g/m² paper, faint dots\nA5, thread-sewn, linen spine\nNumbered pages",
    ),
    Article(
        "PENCILS-CEDAR",
        "Cedar pencils",
        900,
        220,
        "Six pencils that smell as they should",
        "Incense cedar around a smooth lead. HB for lists, 2B for everything else.",
        "Three HB, three 2B\nIncense cedar, water-based lacquer\nIn a folded card box",
    ),
    Article(
        "SOAP-KELP",
        "Kelp soap",
        750,
        160,
        "Sea salt, kelp and nothing shiny",
        "A plain bar that washes hands after gardening. Cured for six weeks so that it lasts.",
        "Olive and rapeseed oil, kelp, sea salt\n120 g\nWrapped in paper",
    ),
    Article(
        "THROW-WOOL",
        "Wool throw",
        11900,
        12,
        "For the sofa, or for the deck",
        "Norwegian wool with a fringe and one stripe, woven in a mill that has a water wheel.",
        "100 % new wool\n130 × 190 cm\nAir it; wash rarely, and cold",
    ),
)

VOUCHERS = (
    Voucher("WELCOME10", "10 % welcome", Coupon.PERCENTAGE, 10),
    Voucher("FIVER", "5 euros off", Coupon.FIXED, 500, minimum=2000),
    Voucher("ONCE", "15 % for the first one", Coupon.PERCENTAGE, 15, uses=1),
    Voucher("OLD", "Last winter's 25 %", Coupon.PERCENTAGE, 25, ends_in=timedelta(days=-30)),
    Voucher("BIG20", "20 % from 100 euros", Coupon.PERCENTAGE, 20, minimum=10000),
    Voucher("FRIENDS100", "On the house", Coupon.PERCENTAGE, 100),
)
