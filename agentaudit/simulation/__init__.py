"""Replays a workload under scheduling policies: stations, engine, policies, comparison, advice."""
