"""One key, one effect. The effect and its answer are written in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from project.provider.errors import ApiError, Refused
from project.provider.events import payment_json
from project.provider.models import ApiCall, Payment

# Longer than any call takes: after that the process that began it is dead.
LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call does, in a transaction of its caller, and the status of its success."""

    status: int
    run: Callable[[], Payment]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and a JSON body; `replayed` when the effect happened in an earlier call."""

    status: int
    body: dict[str, object]
    replayed: bool = False


def once(key: str, fingerprint: str, effect: Effect) -> Answer:
    """Run the effect, or answer what it is now if this key ran before; never a second effect.

    Without a key it simply runs. Raises ApiError 409 while the key is in flight, 422 when it came
    with another request before, and what the effect raises.
    """
    if not key:
        with transaction.atomic():
            return Answer(effect.status, payment_json(effect.run()))
    call = _begin(key, fingerprint)
    if call.status is not None:
        return _replay(call)
    return _finish(call, effect)


def _begin(key: str, fingerprint: str) -> ApiCall:
    """The call of this key, ours to run unless it has a status."""
    lease = timezone.now() + LEASE
    call, created = ApiCall.objects.get_or_create(
        key=key, defaults={"fingerprint": fingerprint, "lease_until": lease}
    )
    if call.fingerprint != fingerprint:
        raise ApiError(422, "key_reused", "This Idempotency-Key came with another request before.")
    if not created and call.status is None:
        _take_over(call, lease)
    return call


def _take_over(call: ApiCall, lease: datetime) -> None:
    """Take the call of a dead process. Raises ApiError 409 while it may still be alive."""
    seen = ApiCall.objects.filter(pk=call.pk, status=None, lease_until=call.lease_until)
    if call.lease_until > timezone.now() or not seen.update(lease_until=lease):
        raise _in_flight()
    call.lease_until = lease


def _in_flight() -> ApiError:
    return ApiError(409, "key_in_flight", "A request with this Idempotency-Key is running.")


def _finish(call: ApiCall, effect: Effect) -> Answer:
    """Run the effect and keep its answer, both or neither."""
    ours = ApiCall.objects.filter(pk=call.pk, status=None, lease_until=call.lease_until)
    try:
        with transaction.atomic():
            payment = effect.run()
            if not ours.update(status=effect.status, payment=payment):
                raise _in_flight()
    except Refused as no:
        ours.update(status=no.status, refusal=no.to_json())
        raise
    except Exception:
        # Nothing happened, so the next one with this key need not wait for the lease.
        ours.update(lease_until=timezone.now())
        raise
    return Answer(effect.status, payment_json(payment))


def _replay(call: ApiCall) -> Answer:
    """What this key answered: a refusal word for word, a payment as it is now."""
    assert call.status is not None
    if call.refusal is not None or call.payment is None:
        return Answer(call.status, call.refusal or {}, replayed=True)
    return Answer(call.status, payment_json(call.payment), replayed=True)
