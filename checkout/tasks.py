"""Django and Huey look here; the task lives in adapters/inbound/tasks."""

from checkout.adapters.inbound.tasks import tick

__all__ = ["tick"]
