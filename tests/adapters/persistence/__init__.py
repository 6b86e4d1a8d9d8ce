"""The persistence adapters against the real database, queue and Redis."""
