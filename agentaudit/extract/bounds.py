"""Limits as files write them: set, switched off, or not to be known from here."""

from agentaudit.model.evidence import Known, Truth
from agentaudit.readers.document import Node, NodeKind

_OPPOSITES = {Truth.YES: Truth.NO, Truth.NO: Truth.YES}
Bound = tuple[Known, int | None]
"""Whether a limit is set, and how much it is where that could be read."""


def bound(node: Node | None, default: int | None = None) -> Bound:
    """
    What a scalar bounds: nothing where it is null, empty, zero or below.

    Without one, the default of the product holds; where that is None, nothing does.
    """
    if node is None or node.kind is NodeKind.NULL or node.text == "":
        return (Known.SET, default) if default is not None else (Known.NONE, None)
    count = node.integer
    if count is None:
        return Known.UNKNOWN, None
    return (Known.SET, count) if count > 0 else (Known.NONE, None)


def truth(holds: bool | None) -> Truth:  # noqa: FBT001, the one thing it asks
    """The answer to what is known, or unknown where it is not."""
    if holds is None:
        return Truth.UNKNOWN
    return Truth.YES if holds else Truth.NO


def opposite(answer: Truth) -> Truth:
    """The answer to the contrary, which is undecided where the other is."""
    return _OPPOSITES.get(answer, Truth.UNKNOWN)


def switch(node: Node | None, *, absent: Truth) -> Truth:
    """What a switch says; the default of the product where it is absent."""
    return absent if node is None else truth(node.boolean)
