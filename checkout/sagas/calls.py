"""Every port call of the flow, by the name it has in the table."""

from __future__ import annotations

from checkout.application.port_call import PortCall
from checkout.application.use_cases import (
    abort_checkout,
    confirm_payment,
    finalize_order,
    freeze_cart,
    initiate_payment,
    release_inventory,
    reserve_inventory,
    settle_money,
)

CALLS: dict[str, PortCall] = {
    **freeze_cart.CALLS,
    **reserve_inventory.CALLS,
    **initiate_payment.CALLS,
    **confirm_payment.CALLS,
    **finalize_order.CALLS,
    **release_inventory.CALLS,
    **abort_checkout.CALLS,
    **settle_money.CALLS,
}
