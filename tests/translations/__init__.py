"""The catalogues of messages: drawn from the sources, compared with what is committed.

`python -m tests.translations` brings them up to date; docs/translating.md says how to translate.
"""
