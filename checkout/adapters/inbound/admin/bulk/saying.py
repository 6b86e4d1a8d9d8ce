"""What staff says to a bulk recovery: which command, and why."""

from __future__ import annotations

from typing import Any

from django import forms

from checkout.adapters.inbound.admin.orders import ORDERS, Order
from checkout.sagas.bulk_recovery import KINDS

REASON = 450  # letters: the history adds which bulk recovery it was
ORDERS_FOR_MANY: list[Order] = [ORDERS[kind] for kind in KINDS]


class CommandForm(forms.Form):
    """The command. `job` makes a second click on the button the same as the first."""

    command = forms.ChoiceField(
        label="Command",
        widget=forms.RadioSelect,
        choices=[(order.kind, order.label) for order in ORDERS_FOR_MANY],
        error_messages={"required": "Choose a command."},
    )
    job = forms.UUIDField(widget=forms.HiddenInput)


class WhyForm(forms.Form):
    """The reason; and what moves money or stock back for many also says for how many."""

    reason = forms.CharField(
        max_length=REASON,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": REASON}),
        help_text="Why. It is kept in the history of each checkout and in the log, for good.",
        error_messages={"required": "Say why."},
    )
    typed = forms.CharField(
        label="How many",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, order: Order, ready: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ready = ready
        self.fields["typed"].error_messages["required"] = f"Type {ready} to go on."
        self.fields["typed"].help_text = f"Type {ready}, the number of checkouts."
        if not order.danger:
            del self.fields["typed"]

    def clean_typed(self) -> str:
        """The number. Raises ValidationError when it is another one."""
        typed: str = self.cleaned_data["typed"].strip()
        if typed != str(self.ready):
            raise forms.ValidationError(f"It is given to {self.ready}, not to {typed}.")
        return typed
