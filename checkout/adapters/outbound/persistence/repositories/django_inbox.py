"""The inbox side of the repository: what arrives is stored before anybody understands it."""

from __future__ import annotations

from django.db import DataError, IntegrityError

from checkout.adapters.outbound.persistence.models import CheckoutInbox
from checkout.adapters.outbound.persistence.repositories import writes
from checkout.adapters.outbound.persistence.rows import to_message
from checkout.adapters.outbound.persistence.storage import one_transaction, storage
from checkout.application.ports.outbound.checkout_repository_port import (
    InboxMessage,
    StoredMessage,
)
from checkout.domain.exceptions import Refused
from checkout.domain.value_objects.checkout_id import CheckoutId


class DjangoInbox:
    """What CheckoutRepositoryPort promises about messages."""

    def receive(self, checkout_id: CheckoutId | None, message: InboxMessage) -> bool:
        """Store a message and wake its checkout, in one transaction. False when it was known."""
        try:
            with one_transaction():
                writes.insert_message(checkout_id, message)
                if checkout_id is not None:
                    writes.wake(checkout_id)
        except IntegrityError:
            return False
        except DataError as error:
            raise Refused("malformed", "The message holds what cannot be stored.") from error
        return True

    def adopt_all_parked(self) -> int:
        """Give what was parked last to the checkout whose reference has appeared; how many were."""
        with one_transaction():
            return writes.adopt_known_references()

    def message(self, row: int) -> StoredMessage | None:
        """What lies in this row of the inbox; None when there is no such row."""
        with storage():
            found = CheckoutInbox.objects.filter(pk=row).first()
        if found is None:
            return None
        owner = CheckoutId(found.checkout_id) if found.checkout_id else None
        return StoredMessage(to_message(found), owner, found.applied_at is not None)

    def adopt(self, row: int, checkout_id: CheckoutId) -> None:
        """Give a message that nobody has applied to this checkout, and wake it, in one transaction."""
        with one_transaction():
            CheckoutInbox.objects.filter(pk=row, applied_at__isnull=True).update(
                checkout_id=checkout_id
            )
            writes.wake(checkout_id)
