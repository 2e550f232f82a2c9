"""What functions of Azure's templates answer: values at a place, or None where none can."""

from collections.abc import Callable

from agentaudit.readers.azure.nodes import LONGEST_TEXT
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import Place, node_at

Values = tuple[Node, ...]
Function = Callable[[Place, Values], Node | None]
MOST_ITERATIONS = 800
"""Of a loop; Azure Resource Manager refuses more (Microsoft Learn, "Resource iteration")."""
LARGEST = 10**12
"""Of numbers; what a template counts is less."""


def text_at(place: Place, raw: str) -> Node | None:
    """A text, unless it is too long."""
    return node_at(place, NodeKind.STRING, raw=raw) if len(raw) <= LONGEST_TEXT else None


def truth_at(place: Place, value: bool | None) -> Node | None:  # noqa: FBT001 - it is computed
    """True or false."""
    if value is None:
        return None
    return node_at(place, NodeKind.BOOLEAN, raw="true" if value else "false")


def number_at(place: Place, value: int) -> Node | None:
    """A number, unless it is too large."""
    if abs(value) > LARGEST:
        return None
    return node_at(place, NodeKind.NUMBER, raw=str(value))


def list_at(place: Place, elements: Values) -> Node:
    """A list."""
    return node_at(place, NodeKind.SEQUENCE, elements=elements)


def texts_of(arguments: Values) -> tuple[str, ...] | None:
    """The texts of scalars; None when one of them is not known."""
    found = tuple(each.text for each in arguments)
    return None if None in found else tuple(each for each in found if each is not None)


def of_texts(compute: Callable[..., str]) -> Function:
    """A function of texts alone."""

    def function(place: Place, arguments: Values) -> Node | None:
        texts = texts_of(arguments)
        try:
            return None if texts is None else text_at(place, compute(*texts))
        except (TypeError, ValueError):  # arguments that Azure would refuse
            return None

    return function
