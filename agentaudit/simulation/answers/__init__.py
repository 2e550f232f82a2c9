"""What to change: the policies compared, what is enough, what decides it, in sentences."""
