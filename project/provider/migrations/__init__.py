"""The tables of the provider."""
