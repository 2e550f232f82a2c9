"""What stands in a file and means nothing to the program that reads it."""

from agentaudit.model.facts.fact import Fact


class UnknownKey(Fact, frozen=True, kw_only=True):
    """A key that a known schema does not have; its name is the key."""

    schema: str = ""
    """Whose keys were held against it: `a service of Compose`."""
    meant: str = ""
    """The known key that it is almost; empty when it is near to none."""
    guards: bool = False
    """That key limits or guards something, and does not as it is written."""
