"""The shipped policies, one family a file, and the catalogue of their names."""
