"""Objects of Kubernetes, with what charts and operators make of them."""
