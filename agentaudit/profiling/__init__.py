"""From what probes saw to what it means: the recording loop, attribution, the breakdown."""
