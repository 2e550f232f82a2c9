"""Evidence for the three decisions of an agent deployment."""

__version__ = "0.1.0"
