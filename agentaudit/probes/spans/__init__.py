"""Spans that agents report, over OTLP and from files."""
