"""Traces that other programs wrote, read as spans: one file per format."""
