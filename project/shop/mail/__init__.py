"""Mails to shoppers: heard from the checkout's events, kept as rows, sent by a thread of a worker."""
