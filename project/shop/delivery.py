"""Where the parcel goes, how, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from project.shop.arithmetic import active_locale

COUNTRIES = ("AT", "BE", "DK", "EE", "FI", "FR", "DE", "IE", "IT", "NL", "PT", "ES", "SE")
ADDRESS = ("name", "street", "postcode", "city", "country")
POSTCODE = RegexValidator(
    r"^(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 -]{2,9}$", _("Enter a postcode such as 10115 or D02 AF30.")
)


@dataclass(frozen=True)
class ShippingMethod:
    """One way to the shopper. Prices in minor units; `free_from` is a basket value, 0 is never.

    `label`, `charge` (among the charges of an order) and `note` are translated where they are shown.
    """

    code: str
    label: str
    charge: str
    note: str
    price: int
    free_from: int = 0

    def cost(self, basket: int) -> int:
        """What it costs for a basket of this value after discounts, in minor units."""
        return 0 if self.free_from and basket >= self.free_from else self.price

    @property
    def charge_label(self) -> str:
        """What it is called among the charges of an order, in the active language."""
        return gettext(self.charge)

    @property
    def needs_address(self) -> bool:
        """Whether somebody has to carry it to a door."""
        return self.code != PICKUP


PICKUP = "pickup"
STANDARD = "standard"
METHODS = {
    method.code: method
    for method in (
        ShippingMethod(
            STANDARD,
            gettext_noop("Standard"),
            gettext_noop("Standard delivery"),
            gettext_noop("2 to 4 working days"),
            490,
            free_from=7500,
        ),
        ShippingMethod(
            "express",
            gettext_noop("Express"),
            gettext_noop("Express delivery"),
            gettext_noop("Next working day"),
            990,
        ),
        ShippingMethod(
            PICKUP,
            gettext_noop("Collect at the harbour"),
            gettext_noop("Collect at the harbour"),
            gettext_noop("Ready tomorrow, Mon to Sat"),
            0,
        ),
    )
}


def countries() -> list[tuple[str, str]]:
    """The countries that we deliver to, by their names in the active language."""
    names = active_locale().territories
    known = [(code, str(names.get(code, code))) for code in COUNTRIES]
    return [("", gettext("Choose a country")), *sorted(known, key=lambda one: one[1])]


class DeliveryForm(forms.Form):
    """E-mail, address and shipping method, with a clear sentence for everything that is wrong."""

    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as name@example.com."),
        },
    )
    name = forms.CharField(required=False, max_length=80)
    street = forms.CharField(required=False, max_length=120)
    postcode = forms.CharField(required=False, max_length=12, validators=[POSTCODE])
    city = forms.CharField(required=False, max_length=80)
    country = forms.ChoiceField(
        required=False,
        choices=countries,
        error_messages={"invalid_choice": _("Choose one of the countries that we deliver to.")},
    )
    shipping = forms.ChoiceField(
        choices=[(method.code, method.label) for method in METHODS.values()],
        error_messages={
            "required": _("Choose how we should deliver."),
            "invalid_choice": _("Choose one of the ways of delivery that we offer."),
        },
    )

    MISSING = {
        "name": gettext_noop("Enter the name of the person who receives the parcel."),
        "street": gettext_noop("Enter the street and the house number."),
        "postcode": gettext_noop("Enter the postcode."),
        "city": gettext_noop("Enter the town or city."),
        "country": gettext_noop("Choose the country."),
    }

    def clean(self) -> dict[str, Any]:
        """Ask for an address when the parcel has to go somewhere."""
        data = super().clean() or self.cleaned_data
        method = METHODS.get(data.get("shipping", ""))
        if method and method.needs_address:
            for field, sentence in self.MISSING.items():
                if not data.get(field) and field not in self.errors:
                    self.add_error(field, gettext(sentence))
        return data
