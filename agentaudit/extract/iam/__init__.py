"""What policies of AWS allow: patterns, denials, boundaries, trust, and ways from little to all."""
