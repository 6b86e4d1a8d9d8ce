"""Chaos with real processes: everything that can die is killed while shoppers buy; then the books
of everybody are compared. `python -m tests.chaos --help` says how to run it.
"""
