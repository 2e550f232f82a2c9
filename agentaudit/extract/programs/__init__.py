"""Programs as trees, of Python and of scripts alike: their names, calls, values and imports."""
