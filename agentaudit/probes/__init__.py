"""What can be seen of a running process from outside: counters, stacks, forks, GPU, energy."""
