"""The saga without a database: the table, and what it decides."""
