"""Settings and instructions of coding agents, and what starts them."""
