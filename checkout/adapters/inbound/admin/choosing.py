"""What staff says with a command: what exactly (an edge, an amount), why, and what they have seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms

from checkout.adapters.inbound.admin.orders import FORCED, Order, refused
from checkout.application.use_cases import settle_money
from checkout.domain.checkout import Checkout
from checkout.sagas.checkout_saga import Edge

SIGNS = 8  # how much of the id must be typed to force a transition
MOST_DIGITS = 18


class Choice(forms.Form):
    """For a command with which there is nothing to choose."""

    def __init__(self, *args: Any, checkout: Checkout, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.checkout = checkout

    @property
    def payload(self) -> dict[str, Any]:
        """What the command carries. Only after `is_valid`."""
        return {}


class ExtendChoice(Choice):
    """Staff is not bound by the shopper's limit."""

    @property
    def payload(self) -> dict[str, Any]:
        """Without a limit."""
        return {"unlimited": True}


class ForceChoice(Choice):
    """Which edge. Those that cannot be taken are shown with the reason."""

    edge = forms.ChoiceField(label="Transition", widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        edge_field = self.fields["edge"]
        assert isinstance(edge_field, forms.ChoiceField)
        edge_field.choices = [(edge.name, _label(edge)) for edge in FORCED]
        self.edges = [
            {
                "edge": edge,
                "label": _label(edge),
                "refusal": refused(self.checkout, "force", {"edge": edge.name}),
            }
            for edge in FORCED
        ]

    @property
    def payload(self) -> dict[str, Any]:
        """The edge."""
        return {"edge": self.cleaned_data["edge"]}


class RefundChoice(Choice):
    """How much, in the currency of the payment; all that can be given back unless it is changed."""

    amount = forms.DecimalField(min_value=Decimal(0), max_digits=MOST_DIGITS, localize=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = self.checkout.currency
        self.digits = get_currency_precision(self.currency) if self.currency else 2
        most = Decimal(settle_money.refundable(self.checkout)).scaleb(-self.digits)
        field = self.fields["amount"]
        field.label = f"Amount in {self.currency}"
        field.help_text = f"At most {most}. A part can be given back, and later another one."
        field.initial = most
        field.widget.attrs.update(step=str(Decimal(1).scaleb(-self.digits)), max=str(most))

    def clean_amount(self) -> Decimal:
        """An amount that the currency has. Raises ValidationError for a part of its smallest coin."""
        amount: Decimal = self.cleaned_data["amount"]
        if amount.scaleb(self.digits) % 1:
            raise forms.ValidationError(
                f"{self.currency} has {self.digits} digits behind the point."
            )
        return amount

    @property
    def payload(self) -> dict[str, Any]:
        """Minor units."""
        return {"amount": int(self.cleaned_data["amount"].scaleb(self.digits))}


CHOICES: dict[str, type[Choice]] = {
    "force": ForceChoice,
    "refund": RefundChoice,
    "extend": ExtendChoice,
}


class ReasonForm(forms.Form):
    """A reason, and the version that was looked at."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
        help_text="Why. It is kept in the history and in the log, for good.",
    )
    expected_version = forms.IntegerField(
        min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput
    )


class NoteForm(ReasonForm):
    """The note is its own reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Note"
        self.fields["reason"].help_text = "It stands in the history, for good, with your name."


class TypedForm(ReasonForm):
    """Also the first characters of the id, typed by hand."""

    typed = forms.CharField(
        label="Confirm",
        max_length=36,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, wanted: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = wanted
        self.fields["typed"].help_text = f"Type {wanted}, the start of the checkout's id."

    def clean_typed(self) -> str:
        """The typed characters. Raises ValidationError when they are not the id's."""
        typed: str = self.cleaned_data["typed"].strip().lower()
        if typed != self.wanted:
            raise forms.ValidationError("That is not how the id of this checkout starts.")
        return typed


def choice_of(order: Order, checkout: Checkout, said: Any) -> Choice:
    """The form of what is chosen with this command, filled from `said` unless that is None."""
    return CHOICES.get(order.kind, Choice)(said, checkout=checkout)


def reason_of(order: Order, checkout: Checkout, said: Any) -> ReasonForm:
    """The form of why it is done."""
    initial = {"expected_version": checkout.version}
    if order.kind == "force":
        return TypedForm(said, initial=initial, wanted=str(checkout.id)[:SIGNS])
    return (NoteForm if order.kind == "annotate" else ReasonForm)(said, initial=initial)


def _label(edge: Edge) -> str:
    return f"{edge.name} → {edge.target}"
