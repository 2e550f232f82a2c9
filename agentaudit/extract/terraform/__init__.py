"""Terraform to facts, and what other formats say in its words."""
