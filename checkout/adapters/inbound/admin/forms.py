"""What staff must say with a command: why, what they saw, and, for force, what exactly."""

from __future__ import annotations

from typing import Any

from django import forms

from checkout.application.use_cases import commands
from checkout.domain.checkout import Checkout
from checkout.sagas.checkout_saga import EDGES, Edge

SIGNS = 8  # how much of the id must be typed to force a transition


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


class ForceForm(ReasonForm):
    """Also the edge, and the first characters of the id, typed by hand."""

    edge = forms.ChoiceField(label="Transition", widget=forms.RadioSelect)
    typed = forms.CharField(
        label="Confirm",
        max_length=36,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("edge", "reason", "typed")

    def __init__(self, *args: Any, checkout: Checkout, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = str(checkout.id)[:SIGNS]
        forced = [edge for edge in EDGES.values() if edge.kind == "force"]
        edge_field = self.fields["edge"]
        assert isinstance(edge_field, forms.ChoiceField)
        edge_field.choices = [(edge.name, _label(edge)) for edge in forced]
        self.edges = [
            {"edge": edge, "label": _label(edge), "refusal": _refusal(checkout, edge)}
            for edge in forced
        ]
        self.fields["typed"].help_text = f"Type {self.wanted}, the start of the checkout's id."

    def clean_typed(self) -> str:
        """The typed characters. Raises ValidationError when they are not the id's."""
        typed: str = self.cleaned_data["typed"].strip().lower()
        if typed != self.wanted:
            raise forms.ValidationError("That is not how the id of this checkout starts.")
        return typed


def _label(edge: Edge) -> str:
    return f"{edge.name} → {edge.target}"


def _refusal(checkout: Checkout, edge: Edge) -> str:
    return commands.force_refusal(checkout, edge.name)
