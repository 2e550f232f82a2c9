"""
Functions of Terraform on nodes, the ones that policies and settings are built with.

`jsonencode` and `yamlencode` are the identity here: extractors take a structure as well as its
text, and the structure keeps its places.
"""

from collections.abc import Callable, Sequence
from itertools import chain

from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.hcl.nodes import LONGEST_TEXT, boolean_node, item_of, unknown_at
from agentaudit.readers.hcl.operators import number, number_text, same
from agentaudit.readers.hcl.syntax import Call
from agentaudit.readers.places import node_at

Nodes = Sequence[Node]
Values = tuple[Node, ...]


def called(call: Call, file: str, arguments: Values) -> Node:
    """The value of a function call; unknown where the function or an argument is."""
    name = call.name.rpartition("::")[2]
    if name in _OF_ITEMS:
        items = _OF_ITEMS[name](arguments)
        return (
            unknown_at(call, file)
            if items is None
            else node_at(call.place, NodeKind.SEQUENCE, file, elements=tuple(items))
        )
    if name in _OF_TEXT:
        text = _OF_TEXT[name](arguments)
        known = text is not None and len(text) <= LONGEST_TEXT
        return (
            node_at(call.place, NodeKind.STRING, file, raw=text or "")
            if known
            else unknown_at(call, file)
        )
    if name in _OF_ONE:
        found = _OF_ONE[name](arguments)
        return unknown_at(call, file) if found is None or found.unknown else found
    return _other(call, name, file, arguments)


def _other(call: Call, name: str, file: str, arguments: Values) -> Node:
    """Functions whose result is a mapping, a number or a truth."""
    match name, arguments:
        case "merge", _:
            return node_at(call.place, NodeKind.MAPPING, file, entries=_merged(arguments))
        case "length", (subject,) if subject.kind in (NodeKind.SEQUENCE, NodeKind.MAPPING):
            members = len(subject.elements) or len(subject.entries)
            return node_at(call.place, NodeKind.NUMBER, file, raw=str(members))
        case "contains", (subject, item) if subject.kind is NodeKind.SEQUENCE:
            answers = [same(element, item) for element in subject.elements]
            if None not in answers or True in answers:
                return boolean_node(call, file, value=True in answers)
        case (("min" | "max"), _):
            numbers = [number(argument) for argument in arguments]
            known = [value for value in numbers if value is not None]
            if known and len(known) == len(numbers):
                best = min(known) if name == "min" else max(known)
                return node_at(call.place, NodeKind.NUMBER, file, raw=number_text(best))
        case _:
            pass
    return unknown_at(call, file)


def _merged(arguments: Values) -> tuple[tuple[Node, Node], ...]:
    """Entries of all mappings, later ones winning; what is unknown stays, under an unknown key."""
    entries: dict[tuple[bool, str], tuple[Node, Node]] = {}
    for argument in arguments:
        if argument.kind is NodeKind.MAPPING:
            for key, value in argument.entries:
                entries[key.unknown, key.raw] = (key, value)
        elif argument.unknown:
            entries[True, argument.raw] = (argument, argument)
    return tuple(entries.values())


def _concatenated(arguments: Values) -> Nodes:
    """All elements; an argument that is unknown stays as one unknown element."""
    return list(chain.from_iterable(argument.list() for argument in arguments))


def _flattened(arguments: Values) -> Nodes | None:
    if len(arguments) != 1 or arguments[0].kind is not NodeKind.SEQUENCE:
        return None
    waiting, flat = list(reversed(arguments[0].elements)), []
    while waiting:
        element = waiting.pop()
        if element.kind is NodeKind.SEQUENCE:
            waiting.extend(reversed(element.elements))
        else:
            flat.append(element)
    return flat


def _listed(arguments: Values) -> Nodes | None:
    known = len(arguments) == 1 and arguments[0].kind is NodeKind.SEQUENCE
    return arguments[0].elements if known else None


def _distinct(arguments: Values) -> Nodes | None:
    elements = _listed(arguments)
    if elements is None or any(element.text is None for element in elements):
        return elements
    firsts: dict[str | None, Node] = {}
    for element in elements:
        firsts.setdefault(element.text, element)
    return list(firsts.values())


def _compacted(arguments: Values) -> Nodes | None:
    elements = _listed(arguments)
    return None if elements is None else [item for item in elements if item.unknown or item.text]


def _keys(arguments: Values) -> Nodes | None:
    known = len(arguments) == 1 and arguments[0].kind is NodeKind.MAPPING
    return [key for key, _ in arguments[0].entries] if known else None


def _entry_values(arguments: Values) -> Nodes | None:
    known = len(arguments) == 1 and arguments[0].kind is NodeKind.MAPPING
    return [value for _, value in arguments[0].entries] if known else None


def _split(arguments: Values) -> Nodes | None:
    if len(arguments) != 2 or not arguments[0].text or arguments[1].text is None:  # noqa: PLR2004
        return None
    return [_like(arguments[1], piece) for piece in arguments[1].text.split(arguments[0].text)]


def _like(node: Node, text: str) -> Node:
    return node_at(node, NodeKind.STRING, node.file, raw=text)


def _joined(arguments: Values) -> str | None:
    if not arguments or arguments[0].text is None:
        return None
    texts = [element.text for element in _concatenated(arguments[1:])]
    if None in texts or len(arguments[0].text) * len(texts) > LONGEST_TEXT:
        return None
    return arguments[0].text.join(text or "" for text in texts)


def _formatted(arguments: Values) -> str | None:
    """`format` with `%s`, `%d` and `%%`; other verbs are not folded."""
    if not arguments or arguments[0].text is None:
        return None
    pieces = arguments[0].text.replace("%%", "\0").replace("%d", "%s").replace("%v", "%s")
    parts = pieces.split("%s")
    texts = [argument.text for argument in arguments[1:]]
    if "%" in "".join(parts) or len(parts) != len(texts) + 1 or None in texts:
        return None
    filled = [piece for pair in zip(parts, [*texts, ""], strict=True) for piece in pair if piece]
    return "".join(filled).replace("\0", "%")


def _replaced(arguments: Values) -> str | None:
    texts = [argument.text for argument in arguments]
    match texts:
        case [str(subject), str(old), str(new)] if old and not old.startswith("/"):
            return subject.replace(old, new) if len(subject) * len(new) < LONGEST_TEXT else None
        case _:
            return None


def _changed(change: Callable[[str], str]) -> Callable[[Values], str | None]:
    def apply(arguments: Values) -> str | None:
        known = len(arguments) == 1 and arguments[0].text is not None
        return change(arguments[0].text or "") if known else None

    return apply


def _itself(arguments: Values) -> Node | None:
    return arguments[0] if arguments else None


def _first_set(arguments: Values) -> Node | None:
    """The first argument that is neither null nor empty; unknown ones decide before later ones."""
    for argument in arguments:
        if argument.unknown or argument.elements or argument.entries or argument.text:
            return argument
    return None


def _first_known(arguments: Values) -> Node | None:
    return next((argument for argument in arguments if not argument.unknown), None)


def _looked_up(arguments: Values) -> Node | None:
    if len(arguments) < 2 or arguments[0].unknown or arguments[1].text is None:  # noqa: PLR2004
        return None
    found = item_of(arguments[0], arguments[1].text)
    return found if found is not None or len(arguments) == 2 else arguments[2]  # noqa: PLR2004


_OF_ITEMS: dict[str, Callable[[Values], Nodes | None]] = {
    "concat": _concatenated,
    "flatten": _flattened,
    "tolist": _listed,
    "toset": _listed,
    "setunion": _concatenated,
    "sort": _listed,
    "distinct": _distinct,
    "compact": _compacted,
    "keys": _keys,
    "values": _entry_values,
    "split": _split,
}
_OF_TEXT: dict[str, Callable[[Values], str | None]] = {
    "join": _joined,
    "format": _formatted,
    "replace": _replaced,
    "tostring": _changed(str),
    "lower": _changed(str.lower),
    "upper": _changed(str.upper),
    "trimspace": _changed(str.strip),
}
_OF_ONE: dict[str, Callable[[Values], Node | None]] = {
    "jsonencode": _itself,
    "jsondecode": _itself,
    "yamlencode": _itself,
    "yamldecode": _itself,
    "tomap": _itself,
    "tonumber": _itself,
    "tobool": _itself,
    "sensitive": _itself,
    "nonsensitive": _itself,
    "one": lambda arguments: item_of(arguments[0], "0") if arguments else None,
    "coalesce": _first_set,
    "coalescelist": _first_set,
    "try": _first_known,
    "lookup": _looked_up,
    "element": _looked_up,
}
