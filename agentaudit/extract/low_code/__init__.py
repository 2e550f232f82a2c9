"""Agents that were drawn: exports of n8n, Flowise and Dify."""
