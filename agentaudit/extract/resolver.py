"""
Nodes of a template with what they refer to in place of the references, within bounds.

Variables that name each other twice would stand for thousands of millions of nodes.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from agentaudit.readers.document import Node, NodeKind

LONGEST_TEXT = 10_000
"""Characters of a text that is put together of several; a longer one stays as it is written."""


def substituted(
    pattern: re.Pattern[str], piece: Callable[[re.Match[str]], str], text: str, *, most: int
) -> str:
    """
    A text with pieces in place of what a pattern finds.

    One that would grow beyond so many characters stays as it is written, and is not even made.
    """
    parts: list[str] = []
    size, at = len(text), 0
    for match in pattern.finditer(text):
        found = piece(match)
        size += len(found) - len(match[0])
        if size > most:
            return text
        parts += (text[at : match.start()], found)
        at = match.end()
    return "".join((*parts, text[at:]))


@dataclass(slots=True)
class Resolver(ABC):
    """Walks mappings and sequences; what a scalar stands for, each kind of template says itself."""

    DEEPEST: ClassVar[int] = 60
    MOST_NODES: ClassVar[int] = 200_000
    _made: int = field(default=0, init=False)

    @property
    def exhausted(self) -> bool:
        """Whether some of it was left unread because there is too much of it."""
        return self._made > self.MOST_NODES

    def resolved(self, node: Node, depth: int = 0) -> Node:
        """A node with its references resolved; what stays open is unknown."""
        self._made += 1
        if depth > self.DEEPEST or self.exhausted:
            return node.changed(kind=NodeKind.UNKNOWN, raw="…", entries=(), elements=())
        if node.kind is NodeKind.MAPPING:
            entries = tuple((key, self.resolved(value, depth + 1)) for key, value in node.entries)
            return node.changed(entries=entries)
        if node.kind is NodeKind.SEQUENCE:
            elements = tuple(self.resolved(each, depth + 1) for each in node.elements)
            return node.changed(elements=elements)
        return self._scalar(node, depth)

    @abstractmethod
    def _scalar(self, node: Node, depth: int) -> Node:
        """A scalar, or what it stands for; `depth` goes on from there."""
