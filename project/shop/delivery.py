"""Where the parcel goes, how, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import RegexValidator

COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "DK": "Denmark",
    "EE": "Estonia",
    "FI": "Finland",
    "FR": "France",
    "DE": "Germany",
    "IE": "Ireland",
    "IT": "Italy",
    "NL": "Netherlands",
    "PT": "Portugal",
    "ES": "Spain",
    "SE": "Sweden",
}
ADDRESS = ("name", "street", "postcode", "city", "country")
POSTCODE = RegexValidator(
    r"^(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 -]{2,9}$", "Enter a postcode such as 10115 or D02 AF30."
)


@dataclass(frozen=True)
class ShippingMethod:
    """One way to the shopper. Prices in minor units; `free_from` is a basket value, 0 is never."""

    code: str
    label: str
    note: str
    price: int
    free_from: int = 0

    def cost(self, basket: int) -> int:
        """What it costs for a basket of this value after discounts, in minor units."""
        return 0 if self.free_from and basket >= self.free_from else self.price

    @property
    def charge_label(self) -> str:
        """What it is called among the charges of an order."""
        return f"{self.label} delivery" if self.needs_address else self.label

    @property
    def needs_address(self) -> bool:
        """Whether somebody has to carry it to a door."""
        return self.code != PICKUP


PICKUP = "pickup"
STANDARD = "standard"
METHODS = {
    method.code: method
    for method in (
        ShippingMethod(STANDARD, "Standard", "2 to 4 working days", 490, free_from=7500),
        ShippingMethod("express", "Express", "Next working day", 990),
        ShippingMethod(PICKUP, "Collect at the harbour", "Ready tomorrow, Mon to Sat", 0),
    )
}


class DeliveryForm(forms.Form):
    """E-mail, address and shipping method, with a clear sentence for everything that is wrong."""

    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": "Enter your e-mail address.",
            "invalid": "Enter an e-mail address such as name@example.com.",
        },
    )
    name = forms.CharField(required=False, max_length=80)
    street = forms.CharField(required=False, max_length=120)
    postcode = forms.CharField(required=False, max_length=12, validators=[POSTCODE])
    city = forms.CharField(required=False, max_length=80)
    country = forms.ChoiceField(
        required=False,
        choices=[("", "Choose a country"), *COUNTRIES.items()],
        error_messages={"invalid_choice": "Choose one of the countries that we deliver to."},
    )
    shipping = forms.ChoiceField(
        choices=[(method.code, method.label) for method in METHODS.values()],
        error_messages={
            "required": "Choose how we should deliver.",
            "invalid_choice": "Choose one of the ways of delivery that we offer.",
        },
    )

    MISSING = {
        "name": "Enter the name of the person who receives the parcel.",
        "street": "Enter the street and the house number.",
        "postcode": "Enter the postcode.",
        "city": "Enter the town or city.",
        "country": "Choose the country.",
    }

    def clean(self) -> dict[str, Any]:
        """Ask for an address when the parcel has to go somewhere."""
        data = super().clean() or self.cleaned_data
        method = METHODS.get(data.get("shipping", ""))
        if method and method.needs_address:
            for field, sentence in self.MISSING.items():
                if not data.get(field) and field not in self.errors:
                    self.add_error(field, sentence)
        return data
