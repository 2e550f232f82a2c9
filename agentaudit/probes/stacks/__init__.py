"""Stacks of Python processes: who reads them, and how often that may be done."""
