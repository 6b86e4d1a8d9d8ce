"""System checks: settings with which a checkout would not be safe are refused before anything runs.

`manage.py check` shows them all. A finding that does not apply is switched off by its id in
SILENCED_SYSTEM_CHECKS, as Django does it.
"""

from __future__ import annotations

from django.core.checks import register

from checkout.adapters.inbound.checks.configuration import (
    check_apps,
    check_names,
    check_numbers,
    check_values,
)
from checkout.adapters.inbound.checks.forms import (
    check_channel_layer,
    check_databases,
    check_queue,
    check_sessions,
    check_site,
    check_worker,
)
from checkout.adapters.inbound.checks.limits import check_addresses, check_limits
from checkout.adapters.inbound.checks.neighbours import (
    check_audits,
    check_event_publisher,
    check_ports,
    check_prove_cart,
)

EVERY_CHECK = (
    check_ports,
    check_prove_cart,
    check_event_publisher,
    check_audits,
    check_names,
    check_values,
    check_numbers,
    check_apps,
    check_queue,
    check_worker,
    check_channel_layer,
    check_databases,
    check_site,
    check_sessions,
    check_limits,
    check_addresses,
)


def register_checks() -> None:
    """Have Django run every check; called once, when the app is ready."""
    for check in EVERY_CHECK:
        register(check, "checkout")
