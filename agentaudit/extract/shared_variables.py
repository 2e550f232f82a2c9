"""Variables that many are given: told once more for each, so they might outgrow any file."""

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.readers.document import Document, Node

SHARED = Budget("shared variables", 50_000, free=10, whole=True)
"""Of all containers and functions that are given some."""


def joined_variables(
    collector: Collector, document: Document, shared: Node | None, own: Node | None
) -> tuple[tuple[Node, Node], ...]:
    """What all functions of a file get and what one has, by name; its own count."""
    what = "variables that are given to too many functions"
    effect = "which variables some of them get is open"
    given = (shared, own)
    if shared is not None and not collector.affords(
        SHARED, len(shared.entries), (evidence(document, shared), what, effect)
    ):
        given = (None, own)
    groups = (mapping.entries for mapping in given if mapping is not None)
    return tuple({key.raw: (key, value) for group in groups for key, value in group}.values())
