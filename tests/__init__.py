"""Everything that proves the product: start at `tests/run.py`."""
