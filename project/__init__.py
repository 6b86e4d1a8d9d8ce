"""The reference shop that hosts the checkout: settings, addresses and the ASGI application."""
