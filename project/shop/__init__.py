"""Harbour & Pine, the reference shop: the neighbours that a checkout talks to."""
