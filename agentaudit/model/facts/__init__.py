"""
What kinds of things an agent deployment consists of, whatever format declares them.

A room for each subject; what all of them have is a `fact`.
"""
