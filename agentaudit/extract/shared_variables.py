"""Variables that many are given: told once more for each, so they might outgrow any file."""

from agentaudit.extract.collector import Collector, evidence
from agentaudit.readers.document import Document, Node

_MOST = 50_000
"""Over all that are given some."""
_LITTLE = 10
"""As many as one more may get whatever the rest does."""


def affordable(collector: Collector, many: int) -> bool:
    """Whether one more container or function may be given so many variables of all."""
    more = many - _LITTLE
    return more <= 0 or collector.affords("", "shared variables", more, most=_MOST)


def joined_variables(
    collector: Collector, document: Document, shared: Node | None, own: Node | None
) -> tuple[tuple[Node, Node], ...]:
    """What all functions of a file get and what one has, by name; its own count."""
    if shared is not None and not affordable(collector, len(shared.entries)):
        collector.leave_open(
            evidence(document, shared),
            "variables that are given to too many functions",
            "which variables some of them get is open",
        )
        shared = None
    groups = (mapping.entries for mapping in (shared, own) if mapping is not None)
    return tuple({key.raw: (key, value) for group in groups for key, value in group}.values())
