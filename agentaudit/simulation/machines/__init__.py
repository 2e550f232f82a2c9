"""Machines to simulate: recorded, measured, or made of numbers."""
