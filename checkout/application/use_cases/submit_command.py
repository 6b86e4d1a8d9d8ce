"""Commands and webhooks at the door: judged, stored in the inbox, rung for. No port moves here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from checkout.application.policy import Policy
from checkout.application.port_call import Moment
from checkout.application.ports.inbound.abort_checkout_port import Command
from checkout.application.ports.inbound.confirm_checkout_port import ProviderCall
from checkout.application.ports.outbound.checkout_queries_port import CheckoutQueriesPort
from checkout.application.ports.outbound.checkout_repository_port import (
    CheckoutRepositoryPort,
    InboxMessage,
)
from checkout.application.ports.outbound.payments_port import PaymentsPort, ProviderMessage
from checkout.application.ports.outbound.scheduler_port import SchedulerPort
from checkout.application.use_cases import commands
from checkout.domain.checkout import Checkout
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId, checkout_of_key


class CommandDesk:
    """AbortCheckoutPort and ConfirmCheckoutPort: the two ways in for what moves a checkout."""

    def __init__(
        self,
        repository: CheckoutRepositoryPort,
        queries: CheckoutQueriesPort,
        scheduler: SchedulerPort,
        payments: PaymentsPort,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._queries = queries
        self._scheduler = scheduler
        self._payments = payments
        self._policy = policy
        self._clock = clock

    def judged(self, command: Command) -> Checkout:
        """The checkout, when the command may be given as things stand. Raises Refused."""
        checkout = self._repository.load(command.checkout_id)
        moment = Moment(self._policy, self._clock())
        commands.judge(checkout, command.kind, dict(command.payload), moment)
        return checkout

    def submit(self, command: Command) -> None:
        """Judge, store, ring. The engine judges again when it applies the command."""
        self.judged(command)
        message = InboxMessage(
            source="command",
            message_id=command.message_id or uuid4().hex,
            kind=command.kind,
            actor=command.actor,
            payload=command.payload,
        )
        self._repository.receive(command.checkout_id, message)
        self._scheduler.ring(command.checkout_id)

    def receive(self, call: ProviderCall) -> bool:
        """Verify, store, commit, ring: a webhook is a hint and nothing is decided from it."""
        said = self._payments.parse_webhook(call.headers, call.body)
        checkout_id = self._whose(said)
        message = InboxMessage(
            source=f"provider:{call.provider}",
            message_id=said.id,
            kind="payment",
            actor=f"provider:{said.id}",
            payload=said.payload,
            reference=said.reference,
        )
        fresh = self._repository.receive(checkout_id, message)
        if checkout_id is not None:
            self._scheduler.ring(checkout_id)
        return fresh

    def replay(self, row: int, actor: str, reason: str) -> CheckoutId:
        """Have a provider's message applied again, or at last; the checkout that it belongs to.

        A message is a hint: applied once more, the provider is asked once more. Raises Refused:
        `unknown_message`, `not_a_message`, or `still_unknown` for one that has to stay parked.
        """
        stored = self._repository.message(row)
        if stored is None:
            raise Refused(
                "unknown_message", "There is no such message, or it was forgotten by now."
            )
        said = stored.message
        if not said.source.startswith("provider:"):
            text = "Only a provider's message can be replayed: give a command anew instead."
            raise Refused("not_a_message", text)
        checkout_id = stored.checkout_id or self._queries.find_by_reference(said.reference)
        if checkout_id is None:
            text = (
                f"No checkout knows the reference {said.reference!r} yet: the message stays parked."
            )
            raise Refused("still_unknown", text)
        if stored.applied:
            payload = {"reason": reason, "message": said.message_id}
            again = InboxMessage("replay", f"{row}:{uuid4().hex}", said.kind, actor, payload)
            self._repository.receive(checkout_id, again)
        else:
            self._repository.adopt(row, checkout_id)
        self._scheduler.ring(checkout_id)
        return checkout_id

    def _whose(self, said: ProviderMessage) -> CheckoutId | None:
        """Our own key first, the provider's id second (design §4)."""
        ours = checkout_of_key(said.merchant_reference)
        if ours is not None and self._queries.ownership(ours) is not None:
            return ours
        return self._queries.find_by_reference(said.reference)
