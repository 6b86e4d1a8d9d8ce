"""The shapes of the API. What is not named here does not leave the house (SEC-3).

Amounts are integer minor units of an ISO 4217 currency; times are ISO 8601 with a zone.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.domain.value_objects.checkout_step import StepStatus
from checkout.sagas.checkout_saga import FLOW

STATES = [state.value for state in CheckoutState]
STEPS = [step.name for step in FLOW]
STATUSES = [status.value for status in StepStatus]
MONEY = ["not_charged", "checking", "authorised", "charged", "refunding", "refunded"]


class Text(serializers.CharField):
    """A JSON string and nothing that could be made into one."""

    def to_internal_value(self, data: Any) -> str:
        """Raises ValidationError for a number."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StartSerializer(serializers.Serializer[Any]):
    """What "Place order" needs."""

    cart_id = Text(max_length=200)
    cart_token = Text(max_length=200, required=False, help_text="Proves the cart without a cookie.")
    return_url = Text(
        max_length=1500,
        required=False,
        help_text=(
            "Where the provider sends the shopper back to; `{id}` stands for the checkout's id."
            " Without it: the progress page of this shop."
        ),
    )


class AbortSerializer(serializers.Serializer[Any]):
    """Why it is cancelled, for the shop's staff."""

    reason = Text(max_length=500, required=False, allow_blank=True)


class StepSerializer(serializers.Serializer[Any]):
    """One row of the flow table."""

    step = serializers.ChoiceField(STEPS)
    status = serializers.ChoiceField(STATUSES)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class LineSerializer(serializers.Serializer[Any]):
    """A line of the frozen cart, before discounts."""

    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(min_value=1)
    unit_price = serializers.IntegerField(min_value=0)
    total = serializers.IntegerField(min_value=0)


class LabelledSerializer(serializers.Serializer[Any]):
    """Something with a `label`, which is also the name of an attribute of every field."""

    def get_fields(self) -> dict[str, Any]:
        """The declared fields, and the label."""
        return {**super().get_fields(), "label": serializers.CharField()}


class DiscountSerializer(LabelledSerializer):
    """A discount, positive. `code` is the coupon's, or empty."""

    code = serializers.CharField(allow_blank=True)
    amount = serializers.IntegerField(min_value=0)


class ChargeSerializer(LabelledSerializer):
    """Shipping, tax and the like. An included charge is shown, not added."""

    kind = serializers.CharField()
    amount = serializers.IntegerField()
    included = serializers.BooleanField()


class CartSerializer(serializers.Serializer[Any]):
    """The frozen cart, without buyer and address."""

    currency = serializers.CharField()
    lines = LineSerializer(many=True)
    discounts = DiscountSerializer(many=True)
    charges = ChargeSerializer(many=True)
    total = serializers.IntegerField(min_value=0)


class MoneySerializer(serializers.Serializer[Any]):
    """Where the shopper's money is."""

    status = serializers.ChoiceField(MONEY)
    amount = serializers.IntegerField(min_value=0)
    currency = serializers.CharField(allow_null=True)


class ActionSerializer(serializers.Serializer[Any]):
    """What the shopper must do now."""

    type = serializers.ChoiceField(["redirect"])
    url = serializers.URLField()


class PaymentSerializer(serializers.Serializer[Any]):
    """The current payment attempt. `error` is the last decline: information, not an end."""

    attempt = serializers.IntegerField(min_value=1)
    action = ActionSerializer(allow_null=True)
    closed = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)


class FailureDetailSerializer(serializers.Serializer[Any]):
    """What it was about, as far as it is the shopper's business."""

    sku = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    available = serializers.IntegerField(required=False)
    coupon = serializers.CharField(required=False)


class FailureSerializer(serializers.Serializer[Any]):
    """Why there is no order: a word and a sentence."""

    code = serializers.CharField()
    message = serializers.CharField()
    detail = FailureDetailSerializer(required=False)


class LinksSerializer(serializers.Serializer[Any]):
    """Absolute addresses of this checkout."""

    self = serializers.URLField()
    summary = serializers.URLField()
    confirm = serializers.URLField()
    retry = serializers.URLField()
    abort = serializers.URLField()
    extend = serializers.URLField()
    page = serializers.URLField()
    socket = serializers.CharField()


class CheckoutSerializer(serializers.Serializer[Any]):
    """How far a checkout is."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(STATES)
    version = serializers.IntegerField(min_value=1)
    steps = StepSerializer(many=True)
    cart = CartSerializer(allow_null=True)
    money = MoneySerializer()
    payment = PaymentSerializer()
    failure = FailureSerializer(allow_null=True)
    order = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    links = LinksSerializer()


class StartedSerializer(CheckoutSerializer):
    """The same, with the token that lets its holder see and drive this checkout."""

    token = serializers.CharField()


class ReasonSerializer(serializers.Serializer[Any]):
    """Why there is no order."""

    code = serializers.CharField()
    message = serializers.CharField()


class SummarySerializer(serializers.Serializer[Any]):
    """The receipt of a finished checkout, without buyer and address."""

    state = serializers.ChoiceField(STATES, help_text="`completed` or `aborted`.")
    order = serializers.CharField(allow_null=True)
    failure = ReasonSerializer(allow_null=True)
    money = MoneySerializer()
    currency = serializers.CharField(allow_null=True)
    total = serializers.IntegerField(min_value=0)
    lines = LineSerializer(many=True)
    discounts = DiscountSerializer(many=True)
    charges = ChargeSerializer(many=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. Program against `code`; `errors` says by field what is wrong.

    `retry_after` is the header Retry-After, in seconds.
    """

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField()
    code = serializers.CharField()
    retry_after = serializers.IntegerField(min_value=1, required=False)

    def get_fields(self) -> dict[str, Any]:
        """The declared fields, and `errors`, which is also what a serializer calls its own."""
        errors = serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()), required=False
        )
        return {**super().get_fields(), "errors": errors}
