"""Mails of the shop: which, to whom, how often, whatever the mail server does."""
