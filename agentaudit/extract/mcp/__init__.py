"""Clients of the Model Context Protocol, and the servers that they start or call."""
