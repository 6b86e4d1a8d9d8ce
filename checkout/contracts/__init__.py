"""What others may rely on: the API (OpenAPI 3.1) and the events (JSON Schema 2020-12)."""
