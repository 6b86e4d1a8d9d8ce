"""The proof: every story of a checkout with a crash, a stall or a doubled task at every point."""
