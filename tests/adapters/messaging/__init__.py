"""The messaging adapters against the real database, queue and Redis."""
