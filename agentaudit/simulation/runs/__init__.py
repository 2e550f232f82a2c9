"""One run of a workload under a policy, watched or not, and what it was."""
