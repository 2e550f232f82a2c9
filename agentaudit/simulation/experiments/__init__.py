"""The same question asked of runs that are drawn anew, and what they amount to."""
