"""What clients of agents start by themselves."""

from agentaudit.model.evidence import Truth
from agentaudit.model.facts.fact import Fact


class Hook(Fact, frozen=True, kw_only=True):
    """A command that a coding agent's client runs by itself on an event; its name is the event."""

    package: str = ""
    """What it fetches and runs: a package, an image, or an address; empty where it fetches none."""
    registry: str = ""
    """Of which registry: npm, pypi, oci, git; empty of an address."""
    pinned: Truth = Truth.UNKNOWN
    """Whether it runs the same code tomorrow; unknown also where nothing is fetched."""
