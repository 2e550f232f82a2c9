"""The three decisions, from evidence."""
