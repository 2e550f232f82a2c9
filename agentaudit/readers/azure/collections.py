"""
Functions of Azure's templates over lists and objects; of what is known in part, the part is known.

Source: Microsoft Learn, "Array functions" and "Object functions" for ARM templates and for Bicep.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from agentaudit.readers.azure.answers import (
    LARGEST,
    MOST_ITERATIONS,
    Function,
    Values,
    list_at,
    number_at,
    of_texts,
    text_at,
    texts_of,
    truth_at,
)
from agentaudit.readers.azure.nodes import (
    LONGEST_TEXT,
    item_of,
    last_of_equal,
    members_of,
    open_part,
    piece_of,
)
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import Place, node_at


def _concat(place: Place, arguments: Values) -> Node | None:
    """Lists, of which the known members are known; or texts, where one not known leaves a hole."""
    if any(each.kind is NodeKind.SEQUENCE for each in arguments):
        return list_at(place, tuple(one for each in arguments for one in each.list()))
    texts = texts_of(arguments)
    if texts is not None:
        return text_at(place, "".join(texts))
    pieces = tuple(map(piece_of, arguments))
    if any(each.text for each in arguments) and sum(map(len, pieces)) <= LONGEST_TEXT:
        return node_at(place, NodeKind.UNKNOWN, raw="".join(pieces))
    return None


def _join(place: Place, arguments: Values) -> Node | None:
    if len(arguments) != 2 or arguments[1].text is None:  # noqa: PLR2004 - a list, and glue
        return None
    texts = texts_of(arguments[0].elements) if arguments[0].kind is NodeKind.SEQUENCE else None
    if texts is None or len(arguments[1].raw) * len(texts) > LONGEST_TEXT:
        return None
    return text_at(place, arguments[1].raw.join(texts))


def _split(place: Place, arguments: Values) -> Node | None:
    texts = texts_of(arguments)
    if texts is None or len(texts) != 2 or not texts[1]:  # noqa: PLR2004 - a text, and what parts it
        return None
    pieces = texts[0].split(texts[1])
    return list_at(place, tuple(node_at(place, NodeKind.STRING, raw=each) for each in pieces))


def _merged(place: Place, values: Values) -> Node | None:
    """`union`: the later of equal keys counts; of what is not known, one open member is left."""
    known = [value for value in values if value.kind in (NodeKind.MAPPING, NodeKind.SEQUENCE)]
    if not known or any(value.kind is not known[0].kind for value in known):
        return None
    if known[0].kind is NodeKind.SEQUENCE:
        return list_at(place, tuple(each for value in values for each in value.list()))
    members = (member for value in values for member in members_of(value))
    return node_at(place, NodeKind.MAPPING, entries=last_of_equal(members))


def _create_object(place: Place, arguments: Values) -> Node | None:
    keys = texts_of(arguments[::2])
    if keys is None or len(arguments) % 2:
        return None
    pairs = dict(zip(keys, zip(arguments[::2], arguments[1::2], strict=True), strict=True))
    return node_at(place, NodeKind.MAPPING, entries=tuple(pairs.values()))


def _end(at: int) -> Function:
    """`first` and `last`: an element of a list, or a character of a text."""

    def function(place: Place, arguments: Values) -> Node | None:
        elements = arguments[0].elements if arguments else ()
        if elements:
            return None if elements[at].unknown else elements[at]
        return of_texts(lambda text: text[at] if text else "")(place, arguments)

    return function


def _of_one(compute: Callable[[Place, Node], Node | None], *kinds: NodeKind) -> Function:
    """A function of one value that is known, and of one of the kinds where any is named."""

    def function(place: Place, arguments: Values) -> Node | None:
        if len(arguments) != 1 or arguments[0].unknown:
            return None
        return compute(place, arguments[0]) if not kinds or arguments[0].kind in kinds else None

    return function


def _length(place: Place, value: Node) -> Node | None:
    if open_part(value) is not None:
        return None
    return number_at(place, len(value.elements or value.entries or value.raw))


def _empty(place: Place, value: Node) -> Node | None:
    parts = [each for each in value.elements if not each.unknown]
    if parts or any(not key.unknown for key, _ in value.entries):
        return truth_at(place, value=False)
    if open_part(value) is not None:
        return None
    return truth_at(place, value=value.kind is NodeKind.NULL or not (value.raw or value.elements))


def _contains(place: Place, arguments: Values) -> Node | None:
    if len(arguments) != 2 or arguments[1].text is None:  # noqa: PLR2004 - where, and what
        return None
    container, wanted = arguments
    if container.text is not None:
        return truth_at(place, value=wanted.raw in container.raw)
    names = [key.raw.lower() for key, _ in container.entries]
    found = wanted.raw.lower() in names or any(
        each.text == wanted.raw for each in container.elements
    )
    return None if not found and open_part(container) is not None else truth_at(place, value=found)


def _range(place: Place, arguments: Values) -> Node | None:
    if len(arguments) != 2:  # noqa: PLR2004 - where it begins, and how many there are
        return None
    start, count = arguments[0].integer, arguments[1].integer
    if start is None or count is None or not 0 <= count <= MOST_ITERATIONS or abs(start) > LARGEST:
        return None
    numbers = (str(start + each) for each in range(count))
    return list_at(place, tuple(node_at(place, NodeKind.NUMBER, raw=each) for each in numbers))


def _items(place: Place, mapping: Node) -> Node | None:
    pairs = []
    for key, value in mapping.entries:
        if key.unknown:
            pairs.append(value.changed(kind=NodeKind.UNKNOWN, raw="…", entries=(), elements=()))
            continue
        names = (key.changed(raw="key"), key.changed(raw="value"))
        entries = tuple(zip(names, (key, value), strict=True))
        pairs.append(value.changed(kind=NodeKind.MAPPING, raw="", elements=(), entries=entries))
    return list_at(place, tuple(pairs))


def _keys(place: Place, mapping: Node) -> Node | None:
    return list_at(place, tuple(key for key, _ in mapping.entries))


def _flatten(place: Place, listed: Node) -> Node | None:
    return list_at(place, tuple(one for each in listed.elements for one in each.list()))


def _shallow_merge(place: Place, listed: Node) -> Node | None:
    return _merged(place, listed.elements)


def _coalesce(_: Place, arguments: Values) -> Node | None:
    for value in arguments:
        if value.unknown:
            return None
        if value.kind is not NodeKind.NULL:
            return value
    return arguments[-1] if arguments else None


def _got(_: Place, arguments: Values) -> Node | None:
    """`tryGet(value, 'key', …)`."""
    found: Node | None = arguments[0] if arguments else None
    for key in arguments[1:]:
        found = item_of(found, key) if found is not None else None
    return found


def _array(place: Place, value: Node) -> Node | None:
    return list_at(place, value.list())


COLLECTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "union": _merged,
        "shallowmerge": _of_one(_shallow_merge, NodeKind.SEQUENCE),
        "createobject": _create_object,
        "createarray": list_at,
        "array": _of_one(_array),
        "first": _end(0),
        "last": _end(-1),
        "length": _of_one(_length),
        "empty": _of_one(_empty),
        "contains": _contains,
        "range": _range,
        "items": _of_one(_items, NodeKind.MAPPING),
        "objectkeys": _of_one(_keys, NodeKind.MAPPING),
        "flatten": _of_one(_flatten, NodeKind.SEQUENCE),
        "coalesce": _coalesce,
        "tryget": _got,
        "concat": _concat,
        "join": _join,
        "split": _split,
    }
)
