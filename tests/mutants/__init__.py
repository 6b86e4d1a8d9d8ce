"""Bugs that are put in on purpose, to see whether the proof would notice them."""
