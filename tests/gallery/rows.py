"""The rows of the gallery: each situation, which page shows it, and which test reaches it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.gallery import situations as s

E2E, WEB = "tests/e2e/", "tests/adapters/web/"
EVERY_END = f"{WEB}test_outcomes.py::test_every_end_is_told"
STATES = f"{WEB}test_pages.py::test_every_state_has_a_title_of_its_own"
CHAOS = f"{E2E}test_chaos.py::test_the_final_screen_is_right"
BUYS = f"{E2E}test_buying.py::test_buys_and_sees_the_receipt"
CUT = f"{E2E}test_interruptions.py::test_says_that_the_line_is_cut_and_then_the_truth"


@dataclass(frozen=True)
class Row:
    """One row. `waited`: seconds without a change; `page` is one of those in `collecting.PAGES`."""

    name: str
    group: str
    when: str
    begin: s.Situation
    reached: str
    page: str = "progress"
    waited: int = 0


WAY, PAYING, END, OTHER = "On the way", "Paying", "The end", "Around it"
TOO_LITTLE = ("carts", "snapshot", "coupon_invalid", "The code SPRING is used up.")
DEARER = ("carts", "snapshot", "price_unavailable", "Dune bowl is €26.00 now, it was €24.00.")
NO_PAYMENT = ("payments", "initiate", "payment_refused", "This currency is not supported.")

ROWS = (
    Row("started", WAY, "The order was placed.", s.begun, STATES),
    Row("holding", WAY, "The shop is slow to hold the items.", s.holding, STATES),
    Row("holding-long", WAY, "Nothing has changed for 12 s.", s.holding, STATES, waited=12),
    Row("preparing", WAY, "The payment service is slow.", s.preparing, CHAOS),
    Row("creating", WAY, "Paid; the order is being created.", s.creating, CHAOS),
    Row("creating-late", WAY, "Paid; the order is late.", s.creating, CHAOS, waited=70),
    Row("undoing", WAY, "Cancelled; everything is given back.", s.undoing, CHAOS),
    Row("ready", PAYING, "The items are held.", s.waiting, BUYS),
    Row("confirming", PAYING, "Back from the payment page.", s.waiting, BUYS, "returned"),
    Row("checking", PAYING, "The payment service gives no answer.", s.checking, CHAOS),
    Row("checking-late", PAYING, "No answer for a minute.", s.checking, CHAOS, waited=70),
    Row(
        "no-funds",
        PAYING,
        "Declined: not enough money on the card.",
        s.declined("insufficient_funds"),
        f"{E2E}test_buying.py::test_pays_with_another_card_after_a_decline",
    ),
    Row("expired-card", PAYING, "Declined: expired card.", s.declined("expired_card"), EVERY_END),
    Row(
        "wrong-code",
        PAYING,
        "Declined: wrong security code.",
        s.declined("incorrect_cvc"),
        f"{WEB}test_outcomes.py::test_a_decline_says_what_helps",
    ),
    Row("declined", PAYING, "Declined without a reason.", s.declined("card_declined"), EVERY_END),
    Row(
        "stolen",
        PAYING,
        "Declined: stolen, lost or fraudulent. The same words.",
        s.declined("stolen_card"),
        f"{WEB}test_outcomes.py::test_a_thief_learns_nothing",
    ),
    Row(
        "service-problem",
        PAYING,
        "The payment service has a problem of its own.",
        s.declined("processing_error"),
        f"{WEB}test_progress_page.py::test_a_decline_says_why_and_offers_another_card",
    ),
    Row(
        "not-confirmed",
        PAYING,
        "The bank's question was not answered.",
        s.declined("authentication_failed"),
        EVERY_END,
    ),
    Row(
        "declined-for-good",
        PAYING,
        "Declined, and the payment is closed: another one can be begun.",
        s.declined("card_declined", final=True),
        f"{E2E}test_buying.py::test_starts_a_new_payment_after_a_final_decline",
    ),
    Row("closed", PAYING, "The payment was closed unpaid.", s.closed_unpaid, EVERY_END),
    Row(
        "asked-again",
        PAYING,
        "Another payment was asked for.",
        s.asked("retry"),
        f"{E2E}test_impatience.py::test_everything_is_clicked_twice",
    ),
    Row(
        "cancelling",
        PAYING,
        "Cancelled; not yet done.",
        s.asked("abort"),
        f"{E2E}test_impatience.py::test_two_cancels_are_one",
    ),
    Row("completed", END, "The order is placed.", s.paid, BUYS),
    Row(
        "out-of-stock",
        END,
        "Somebody was faster.",
        s.ended(s.out_of_stock),
        f"{E2E}test_scarcity.py::test_forty_shoppers_and_ten_units",
    ),
    Row("coupon", END, "A code is no longer valid.", s.ended(s.refusing(*TOO_LITTLE)), EVERY_END),
    Row(
        "price",
        END,
        "A price can no longer be had.",
        s.ended(s.refusing(*DEARER)),
        f"{WEB}test_words.py::test_a_failure_has_a_heading_a_reason_and_one_way_on",
    ),
    Row(
        "expired",
        END,
        "The time to pay is over.",
        s.ended(s.begun),
        f"{E2E}test_buying.py::test_abandons_until_the_deadline",
    ),
    Row(
        "declined-end",
        END,
        "Declined, and the time is over.",
        s.ended(s.declined("card_declined", final=True)),
        f"{WEB}test_outcomes.py::test_every_end_is_told",
    ),
    Row(
        "cancelled",
        END,
        "Cancelled by the shopper.",
        s.ended(s.cancelled()),
        f"{E2E}test_buying.py::test_cancels_and_finds_the_basket_again",
    ),
    Row(
        "cancelled-staff", END, "Cancelled by the shop.", s.ended(s.cancelled("user:7")), EVERY_END
    ),
    Row("timed-out", END, "A neighbour never answered.", s.ended(s.holding), EVERY_END),
    Row("payment-refused", END, "No payment.", s.ended(s.refusing(*NO_PAYMENT)), EVERY_END),
    Row("order-refused", END, "Paid, but no order.", s.ended(s.order_refused), EVERY_END),
    Row("mismatch", END, "Another amount was paid.", s.ended(s.another_amount), CHAOS),
    Row(
        "too-late",
        END,
        "The money was found weeks later.",
        s.ended(s.found_after_weeks),
        f"{WEB}test_outcomes.py::test_every_end_is_told",
    ),
    Row(
        "refunding",
        END,
        "Money is on its way back.",
        s.cancelled_after_the_money(pending=True),
        f"{WEB}test_outcomes.py::test_money_that_goes_back",
    ),
    Row(
        "refunded",
        END,
        "Money was given back.",
        s.cancelled_after_the_money(pending=False),
        f"{WEB}test_outcomes.py::test_money_that_goes_back",
    ),
    Row("receipt", OTHER, "The receipt.", s.paid, BUYS, "summary"),
    Row(
        "receipt-none",
        OTHER,
        "The receipt of what was not bought.",
        s.ended(s.cancelled()),
        f"{WEB}test_pages.py::test_the_receipt_of_what_was_not_bought",
        "summary",
    ),
    Row("lost", OTHER, "The connection is lost.", s.waiting, CUT, "lost"),
    Row(
        "no-script",
        OTHER,
        "Without JavaScript.",
        s.waiting,
        f"{E2E}test_interruptions.py::test_buys_without_javascript",
        "plain",
    ),
    Row(
        "slow-down",
        OTHER,
        "Too many payments in a short time.",
        s.too_often,
        f"{WEB}test_commands.py::test_too_many_tries_are_told_to_wait",
        "retry",
    ),
    Row(
        "unavailable",
        OTHER,
        "Our database is away.",
        s.no_database,
        "tests/recovery/test_pages.py::test_a_page_says_so_and_looks_again",
    ),
)
