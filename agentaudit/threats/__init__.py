"""From untrusted input to damage: the graph, its queries, blast radius, mitigations."""
