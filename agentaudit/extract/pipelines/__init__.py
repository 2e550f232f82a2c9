"""Workflows of GitHub, and pipelines of others."""
