"""Agents, tools, servers and credentials in Python code, which is read as a tree and never run."""
