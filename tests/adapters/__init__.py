"""Everything at the edges: interfaces, storage, messages, the provider."""
