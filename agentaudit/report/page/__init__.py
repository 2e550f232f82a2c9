"""The page: what its sections say, and how it looks."""
