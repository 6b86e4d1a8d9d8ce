"""The gallery of all that a shopper can see: docs/screens.md and its pictures."""
