"""How much is folded, so that no hostile file makes values grow without end."""

from agentaudit.readers.document import Node

MOST_NODES = 200_000
_DEEPEST = 100


class Effort:
    """
    What folding one file, or all that one template deploys, has cost up to now.

    No struct, for it is changed with every expression, which takes a struct five times as long.
    """

    __slots__ = ("depth", "nodes")

    def __init__(self) -> None:
        self.nodes = 0
        self.depth = 0

    @property
    def exhausted(self) -> bool:
        return self.nodes > MOST_NODES or self.depth > _DEEPEST


def depth_of(node: Node, enough: int) -> int:
    """How deep a value nests; it stops counting beyond what is enough."""
    level, depth = [node], 0
    while level and depth <= enough:
        level = [
            inner
            for outer in level
            for inner in (*outer.elements, *(value for _, value in outer.entries))
        ]
        depth += 1
    return depth
