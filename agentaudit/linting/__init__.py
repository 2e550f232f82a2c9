"""Findings from rules and facts, what lets them stand, and what the decisions read of them."""
