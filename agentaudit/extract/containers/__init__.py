"""Containers: what describes them, what they run, who may call them."""
