"""Recovery: what dies, hangs or is away, and how everything goes on without it."""
