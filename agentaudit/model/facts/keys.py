"""What stands in a file and means nothing to the program that reads it."""

from agentaudit.model.facts.fact import Fact


class UnknownKey(Fact, frozen=True, kw_only=True):
    """A key that a known schema does not have; its name is the key."""

    schema: str = ""
    """The schema that does not define it: `a service of Compose`."""
    meant: str = ""
    """The known key that it nearly spells; empty when there is none."""
    guards: bool = False
    """Whether that key would limit or guard something."""
