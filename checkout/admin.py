"""Django looks here; the admin lives in adapters/inbound/admin."""
