"""What recorded requests would need on a machine all their own."""
