"""What the basket's forms do. Each works as a plain form, and as a fragment for htmx."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from project.shop.arithmetic import in_words
from project.shop.cart_edits import (
    CartProblem,
    add,
    add_coupon,
    put,
    remove_coupon,
    set_details,
)
from project.shop.carts import cart_to_fill, current_cart, find_cart, prove_cart, units
from project.shop.delivery import DeliveryForm
from project.shop.models import Cart
from project.shop.pages import cart_context
from project.shop.pricing import price
from project.shop.stock import find_product


class SameMethodRedirect(HttpResponseRedirect):
    """307: the browser sends the same form, CSRF token included, to the other address."""

    status_code = 307


LONGEST_AMOUNT = 12  # digits; what is longer was not written by our page


@never_cache
@require_POST
def add_line(request: HttpRequest) -> HttpResponse:
    """Put a product into the basket: `sku`, `quantity` (1 when missing)."""
    cart, sku, problem = cart_to_fill(request), request.POST.get("sku", ""), ""
    try:
        add(cart, sku, _number(request.POST.get("quantity", "1")))
    except CartProblem as no:
        problem = no.message
    if is_htmx(request):
        row = find_product(sku)
        line = cart.lines.filter(product=row).select_related("product").first()
        context = {"problem": problem, "line": line, "cart_units": units(cart)}
        return render(request, "shop/_added.html", context)
    if problem:
        messages.error(request, problem)
    return redirect("shop:cart")


@never_cache
@require_POST
def set_line(request: HttpRequest) -> HttpResponse:
    """Change how many: `sku`, `quantity` (0 takes the line out)."""
    cart = current_cart(request)
    if cart is None:
        return redirect("shop:cart")
    sku, problem = request.POST.get("sku", ""), ""
    try:
        put(cart, sku, _number(request.POST.get("quantity", "")))
    except CartProblem as no:
        problem = no.message
        messages.error(request, problem)
    removed = not cart.lines.filter(product__sku=sku).exists()
    return _basket(request, cart, problem=problem, removed=removed)


@never_cache
@require_POST
def enter_coupon(request: HttpRequest) -> HttpResponse:
    """Use a coupon: `code`."""
    cart = current_cart(request)
    if cart is None:
        return redirect("shop:cart")
    typed, problem = request.POST.get("code", ""), None
    try:
        add_coupon(cart, typed)
    except CartProblem as no:
        problem = {"message": no.message, "typed": typed}
        if not is_htmx(request):
            messages.error(request, no.message)
    return _basket(request, cart, coupon_problem=problem)


@never_cache
@require_POST
def drop_coupon(request: HttpRequest) -> HttpResponse:
    """Do without a coupon: `code`."""
    cart = current_cart(request)
    if cart is None:
        return redirect("shop:cart")
    try:
        remove_coupon(cart, request.POST.get("code", ""))
    except CartProblem as no:
        messages.error(request, no.message)
    return _basket(request, cart, dropped=True)


@never_cache
@require_POST
def keep_details(request: HttpRequest) -> HttpResponse:
    """Keep whatever of the delivery form is right already, so that nothing is typed twice."""
    cart = current_cart(request)
    if cart is None:
        return redirect("shop:cart")
    try:
        _keep(cart, DeliveryForm(request.POST))
    except CartProblem as no:
        messages.error(request, no.message)
    if is_htmx(request):
        context = cart_context(cart)
        seen = request.POST.get("seen_total", "")
        context["total_is_new"] = seen != str(
            context["quote"].total
        )  # else there is nothing to say
        return render(request, "shop/_summary_update.html", context)
    return redirect("shop:cart")


@never_cache
@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Check the details and the total that the shopper saw, then hand the form to checkout."""
    cart_id = request.POST.get("cart_id", "")
    cart = find_cart(cart_id)
    if cart is None or not prove_cart(request, cart_id):
        messages.error(request, _("This basket is no longer here. Please look at it again."))
        return redirect("shop:cart")
    form = DeliveryForm(request.POST)
    try:
        if cart.is_open:
            _keep(cart, form)
            if not form.is_valid():
                context = {**cart_context(cart, form), "focus_errors": True}
                return render(request, "shop/cart.html", context, status=422)
            _must_be_as_seen(cart, request.POST.get("seen_total", ""))
    except CartProblem as no:
        cart.refresh_from_db(fields=["status"])
        if cart.is_open:
            messages.error(request, no.message)
            return redirect("shop:cart")
        # Else the other of two clicks has closed it in this very moment.
    # A closed cart has a checkout already: starting again leads to it (a double click, mostly).
    return SameMethodRedirect(reverse("checkout:start"))


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment."""
    return request.headers.get("HX-Request") == "true"


def _must_be_as_seen(cart: Cart, seen: str) -> None:
    """Raise CartProblem unless the order can be placed at the total that the page showed."""
    quote = price(cart)
    for problem in quote.problems:
        raise CartProblem("coupon_invalid", problem.message)
    for item in cart_context(cart)["items"]:
        if item["short"]:
            text = _("There are not enough of %(name)s.") % {"name": item["product"].shown_name}
            raise CartProblem("not_enough", text)
    if seen != str(quote.total):
        new = in_words(quote.total, quote.currency)
        text = _("The total has changed. It is %(new)s now. Please check it, then place the order.")
        if seen.isdecimal() and len(seen) < LONGEST_AMOUNT:
            text = _(
                "The total has changed. It was %(old)s, and it is %(new)s now."
                " Please check it, then place the order."
            )
        old = in_words(int(seen), quote.currency) if "%(old)s" in text else ""
        raise CartProblem("total_changed", text % {"old": old, "new": new})


def _keep(cart: Cart, form: DeliveryForm) -> None:
    form.is_valid()
    right = {k: v for k, v in form.cleaned_data.items() if k not in form.errors}
    set_details(cart, {**right, "language": get_language() or ""})


def _basket(request: HttpRequest, cart: Cart, **shown: Any) -> HttpResponse:
    """Back to the basket; to htmx its fragments, with `shown` telling what has just happened."""
    if not is_htmx(request):
        return redirect("shop:cart")
    cart.refresh_from_db()
    if not cart.lines.exists():
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = reverse("shop:cart")
        return answer
    context = {**cart_context(cart), "cart_units": units(cart), **shown}
    return render(request, "shop/_basket_update.html", context)


def _number(text: str) -> int:
    """A whole number as typed. Raises CartProblem (`bad_quantity`)."""
    if not text.strip().isascii() or not text.strip().isdigit() or len(text) > 6:
        raise CartProblem("bad_quantity", _("Enter the quantity as a whole number."))
    return int(text)
