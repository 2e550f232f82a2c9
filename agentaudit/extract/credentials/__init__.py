"""Which values are secrets, what may be shown of them, and how long they live."""
