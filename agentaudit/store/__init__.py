"""What outlives a run: recordings and artifacts."""
