"""Files to documents: one file per syntax, positions on every node, limits on everything."""
