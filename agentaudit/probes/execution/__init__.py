"""Real execution: requests served by processes of this machine, as a policy admits them."""
