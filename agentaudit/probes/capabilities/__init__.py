"""What a recording would hold here, and what would make the rest possible."""
