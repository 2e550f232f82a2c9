"""
Which of a server's tools a client offers its model: some by their names, or all but some.

`includeTools` and `excludeTools` of Gemini CLI, `enabled_tools` and `disabled_tools` of Codex,
`allowedTools` of the Agent Framework.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Document, Node

_ONLY = ("includeTools", "enabled_tools", "allowedTools", "allowed_tools")
_NOT = ("excludeTools", "disabled_tools")
_ALL = "*"


class Offered(Struct, frozen=True):
    """The names that are listed, with where each stands; None where all are offered."""

    only: Mapping[str, Evidence] | None = None
    without: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether the model gets a tool of this name."""
        return (self.only is None or name in self.only) and name not in self.without

    def named(self) -> Iterator[tuple[str, Evidence]]:
        """Those that are offered by their names."""
        return (each for each in (self.only or {}).items() if self.has(each[0]))


ALL = Offered()


def offered(document: Document, declared: Node) -> Offered:
    """What a server's declaration says of its tools; a list that does not fold says nothing."""
    lists = [found for name in _ONLY if (found := declared.child(name)) is not None]
    nodes = [node for found in lists for node in found.list()]
    names = {node.text: evidence(document, node, plain(node.text)) for node in nodes if node.text}
    unknown = any(node.unknown for node in (*lists, *nodes))
    without = frozenset(text for name in _NOT for text in declared.texts_at(name))
    return Offered(None if unknown or not lists or _ALL in names else names, without)
