"""Load that the recorder itself puts on the agent."""
