"""Filters for pages: `{% load checkout_moments %}`."""
