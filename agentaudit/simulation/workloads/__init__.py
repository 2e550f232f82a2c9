"""Requests: when they arrive, of which kind, and what they ask for."""
