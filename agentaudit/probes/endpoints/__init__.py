"""Metrics of inference servers and GPU exporters that the user named."""
