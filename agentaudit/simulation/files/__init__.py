"""What people write: workloads and machines, with every problem and its place."""
