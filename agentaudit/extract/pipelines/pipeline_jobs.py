"""Pipelines of a forge and their jobs, whatever the forge calls them."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, Node


class PipelineJob(Struct, frozen=True, kw_only=True):
    """One job, whatever the forge calls it."""

    name: str
    key: Node
    """The node that names it."""
    scripts: tuple[Node, ...] = ()
    shared: tuple[tuple[str, Node], ...] = ()
    """Blocks of variables that all jobs have, each with its route."""
    settings: tuple[tuple[str, Node], ...] = ()
    """Its own."""
    image: str = ""
    privileged: bool = False
    """Whether it owns the machine that it runs on."""
    tokens: tuple[tuple[str, Node], ...] = ()
    """Tokens that the forge issues for the job, by their names."""
    unpinned: tuple[str, ...] = ()
    """Orbs, pipes and tasks that can change without a commit."""
    script: str = ""
    """All that its scripts run; empty, as what follows, until it is known that there is room."""
    run: tuple[Agent, ...] = ()
    """Agents of the repository's own code that its scripts run."""
    runs_agent: bool = False
    """Whether it starts an agent itself, or runs one of those."""

    @property
    def blocks(self) -> Iterator[tuple[str, Node]]:
        """Every block of variables."""
        yield from self.shared
        yield from self.settings


class Pipeline(Struct, frozen=True, kw_only=True):
    """One file of a forge."""

    document: Document
    name: str
    forge: str
    jobs: tuple[PipelineJob, ...]
    triggers: tuple[str, ...] = ()
    untrusted: Node | None = None
    """Where it says that strangers may cause it."""
    event_text: re.Pattern[str]
    """Variables that hold what the author of an event wrote."""
    alternatives: Mapping[str, str]
    """By provider: what would do without a static key."""
    deployed: bool = False
    """Whether a template declares it, and no file of its own."""
    included: tuple[str, ...] = ()
    """Configurations from elsewhere that can change without a commit here."""
