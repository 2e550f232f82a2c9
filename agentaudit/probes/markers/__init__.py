"""Steps that agents mark themselves, or are made to mark."""
