"""One contract suite per port. Inherit it in a test module of yours and give it your adapter.

    class TestOurInventory(InventoryPortContract):
        @pytest.fixture
        def port(self, db):
            return OurInventory()

Everything that a suite asks of a shop is in its docstring. Threads are used where an adapter is
`transactional`; their tests need `@pytest.mark.django_db(transaction=True)` on the class.
"""

from checkout.testing.contracts.carts_contract import CartsPortContract
from checkout.testing.contracts.coupons_contract import CouponsPortContract
from checkout.testing.contracts.event_publisher_contract import EventPublisherPortContract
from checkout.testing.contracts.inventory_contract import InventoryPortContract
from checkout.testing.contracts.orders_contract import OrdersPortContract
from checkout.testing.contracts.payments_contract import PaymentsPortContract

__all__ = [
    "CartsPortContract",
    "CouponsPortContract",
    "EventPublisherPortContract",
    "InventoryPortContract",
    "OrdersPortContract",
    "PaymentsPortContract",
]
