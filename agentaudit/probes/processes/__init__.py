"""The process tree of a target, and what the kernel counts of it."""
