"""Upgrades: what an earlier release has left in a database is brought to its end by today's code."""
