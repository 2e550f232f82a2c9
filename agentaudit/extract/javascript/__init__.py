"""Agents, tools, servers and credentials in TypeScript and JavaScript, read and never run."""
