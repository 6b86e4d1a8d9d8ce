"""The same five durable steps by us, by hand, by a naive design, and by a workflow engine."""
