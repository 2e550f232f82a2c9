"""TCP connections of the tree: requests in flight, and who is a model."""
