"""A simulated payment provider: its own API, hosted page, signed webhooks and durable timers.

It stands for a company on the other side of the internet, so it knows nothing of the checkout or
the shop, and neither of them imports it: they talk over HTTP. See README.md in this folder.
"""
