"""The sums of many outlooks: money by currency, units, calls and events. Plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkout.sagas.rehearsal import Outlook

MONEY = ("payments.capture", "payments.void", "payments.refund")
UNITS = ("inventory.reserve", "inventory.commit", "inventory.release")
Totals = Mapping[str, Any]


def forecast(outlook: Outlook) -> Totals:
    """What one outlook adds to the sums. `uncertain` counts those that our own code failed in."""
    checkout = outlook.checkout
    units = sum(line.quantity for line in checkout.snapshot.lines) if checkout.snapshot else 0
    totals: Totals = {"uncertain": int(not outlook.certain)}
    for deed in outlook.deeds:
        totals = added(totals, {"calls": {deed.call: 1}})
        if deed.call in MONEY:
            totals = added(totals, {"money": {deed.call: {checkout.currency: deed.amount}}})
        if deed.call in UNITS:
            totals = added(totals, {"units": {deed.call: units}})
    for event in outlook.events:
        totals = added(totals, {"events": {event: 1}})
    return totals


def added(one: Totals, other: Totals) -> Totals:
    """Both together, number by number."""
    both = dict(one)
    for name, value in other.items():
        if isinstance(value, Mapping):
            both[name] = added(both.get(name, {}), value)
        else:
            both[name] = both.get(name, 0) + value
    return both
