"""checkout session: one row is the truth about one checkout."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django_fsm import FSMField, transition

from checkout.adapters.outbound.persistence.models.buyer_mail import BuyerMail
from checkout.domain.value_objects.checkout_state import CheckoutState
from checkout.sagas.checkout_saga import DEFINITION_VERSION, EDGES


def _edge(name: str) -> dict[str, Any]:
    """Source and target of an edge, taken from the flow table: a model can't know better."""
    edge = EDGES[name]
    return {
        "source": [state.value for state in edge.sources],
        "target": edge.target.value if edge.target else None,
        "custom": {"kind": edge.kind},
    }


_STATES = [(state.value, state.value.replace("_", " ")) for state in CheckoutState]


class CheckoutSession(models.Model):
    """State, clocks and lease of a checkout. Only the repository writes it.

    `due_at` is NULL when nothing is owed; `unsettled` says that money is owed to the shopper, or
    that a void or refund has no final answer; `wake` counts the messages that arrived; `fence` is
    raised by every claim, and every write names the fence it was made under.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    state = FSMField(default=CheckoutState.STARTED.value, choices=_STATES, protected=True)
    version = models.PositiveIntegerField(default=1)
    definition_version = models.PositiveSmallIntegerField(default=DEFINITION_VERSION)
    cart = models.CharField(max_length=200)
    snapshot = models.JSONField(null=True)
    snapshot_digest = models.CharField(max_length=64, default="", blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,  # an index without the guests is below
    )
    owner_hash = models.CharField(max_length=64, default="", db_index=True)
    token_hash = models.CharField(max_length=64, default="")
    nonce = models.CharField(max_length=64, default="")
    idempotency_key = models.CharField(max_length=255, default="")
    return_url = models.CharField(max_length=2000, default="")
    address_hash = models.CharField(max_length=64, default="", db_default="")
    created_at = models.DateTimeField(db_index=True)
    entered_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    wake = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    generation = models.PositiveSmallIntegerField(default=1)
    extensions = models.PositiveSmallIntegerField(default=0)
    payments = models.JSONField(default=dict)
    failure = models.JSONField(null=True)
    order_reference = models.CharField(max_length=100, default="")
    needs_attention = models.CharField(max_length=60, default="", blank=True)
    doubt_told_at = models.DateTimeField(null=True)
    on_hold = models.BooleanField(default=False, db_default=False)
    unsettled = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = "checkout"
        permissions = [
            ("operate_checkout", "Can operate checkouts (retry, recheck, abort)"),
            ("force_checkout", "Can force a transition of a checkout"),
            ("payload_checkout", "Can see payloads and whole mail addresses"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cart"],
                condition=~models.Q(state="aborted"),
                name="checkout_one_live_per_cart",
            )
        ]
        indexes = [
            models.Index(fields=["cart"], name="checkout_by_cart"),
            models.Index(
                fields=["user"], condition=models.Q(user__isnull=False), name="checkout_by_user"
            ),
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="checkout_due"
            ),
            models.Index(
                fields=["entered_at"],
                condition=models.Q(finished_at__isnull=True),
                name="checkout_unfinished",
            ),
            models.Index(
                fields=["address_hash"],
                condition=models.Q(finished_at__isnull=True) & ~models.Q(address_hash=""),
                name="checkout_by_address",
            ),
            models.Index(
                fields=["idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="checkout_by_key",
            ),
            # What staff looks for. Each of them has an entry for few checkouts, or late in one's
            # life: the engine moves every entry of a row whenever it moves the row.
            models.Index(
                fields=["created_at", "id"],
                condition=~models.Q(needs_attention=""),
                name="checkout_attention_newest",
            ),
            models.Index(
                fields=["created_at", "id"],
                condition=models.Q(unsettled=True),
                name="checkout_unsettled_newest",
            ),
            models.Index(
                fields=["created_at", "id"],
                condition=models.Q(on_hold=True),
                name="checkout_on_hold_newest",
            ),
            models.Index(
                Lower("order_reference"),
                condition=~models.Q(order_reference=""),
                name="checkout_by_order",
            ),
            models.Index(
                BuyerMail("snapshot"),
                "created_at",
                condition=models.Q(snapshot__isnull=False),
                name="checkout_by_mail",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    # One method per edge. The engine decides and the repository stores: a transition has no body,
    # it only refuses an edge that the table does not have.

    @transition(field=state, **_edge("freeze_cart"))
    def freeze_cart(self) -> None:
        """The cart is frozen."""

    @transition(field=state, **_edge("reserve_inventory"))
    def reserve_inventory(self) -> None:
        """The stock is held."""

    @transition(field=state, **_edge("initiate_payment"))
    def initiate_payment(self) -> None:
        """The shopper can pay."""

    @transition(field=state, **_edge("await_payment_result"))
    def await_payment_result(self) -> None:
        """The money is safe."""

    @transition(field=state, **_edge("finalize_order"))
    def finalize_order(self) -> None:
        """There is an order."""

    @transition(field=state, **_edge("skip_payment"))
    def skip_payment(self) -> None:
        """A zero total needs no payment."""

    @transition(field=state, **_edge("retry_payment"))
    def retry_payment(self) -> None:
        """The shopper wants another try."""

    @transition(field=state, **_edge("start_compensation"))
    def start_compensation(self) -> None:
        """It failed: what was begun is undone."""

    @transition(field=state, **_edge("abort_checkout"))
    def abort_checkout(self) -> None:
        """Everything is given back."""

    @transition(field=state, **_edge("force_abort"))
    def force_abort(self) -> None:
        """Staff ends it before there is an order."""

    @transition(field=state, **_edge("force_retry_payment"))
    def force_retry_payment(self) -> None:
        """Staff has the payment begun anew."""

    @transition(field=state, **_edge("annotate"))
    def annotate(self) -> None:
        """Staff leaves a note."""

    @transition(field=state, **_edge("hold"))
    def hold(self) -> None:
        """Staff stops it where it is."""

    @transition(field=state, **_edge("resume"))
    def resume(self) -> None:
        """It goes on."""

    @transition(field=state, **_edge("record"))
    def record(self) -> None:
        """A visible change that stays in its state."""
