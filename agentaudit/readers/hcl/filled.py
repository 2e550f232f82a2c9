"""
What `templatefile` makes of a structured file: its texts, with what it is given in their places.

Names and their attributes are filled in. Other expressions, names that nobody gives, and directives
leave a text unknown, its known pieces filled in.
https://developer.hashicorp.com/terraform/language/functions/templatefile
"""

import re

from agentaudit.expressions import regex
from agentaudit.readers.document import STRING, UNKNOWN, Node, NodeKind, entries_of
from agentaudit.readers.effort import Effort
from agentaudit.readers.hcl.nodes import LONGEST_TEXT, item_of

_PLACE = regex(
    r"(?P<doubled>\$\$|%%)\{|\$\{\s{0,20}(?P<name>\w[\w.-]{0,200})\s{0,20}\}|(?P<other>[$%]\{)"
)
"""An escape, a name, or what is neither."""
_ENCODED = regex(r"\$\{\s{0,20}jsonencode\(\s{0,20}(\w[\w.-]{0,200})\s{0,20}\)\s{0,20}\}")
_TRUTHS = frozenset({"true", "false"})


def filled(node: Node, given: Node, effort: Effort) -> Node:
    """A node with all texts and keys below it filled in, each where it stands."""
    effort.nodes += 1
    if effort.exhausted:
        return node.changed(kind=UNKNOWN, entries=(), elements=())
    if node.entries:
        pairs = ((filled(k, given, effort), filled(v, given, effort)) for k, v in node.entries)
        return node.changed(entries=entries_of(tuple(pairs)))
    if node.elements:
        return node.changed(elements=tuple(filled(each, given, effort) for each in node.elements))
    if node.kind is UNKNOWN:
        return _bare(node, given)
    return _text(node, given) if node.kind is STRING and "{" in node.raw else node


def _bare(node: Node, given: Node) -> Node:
    """What stands outside quotes: a structure, a number or a truth; other text may be any JSON."""
    encoded = _ENCODED.fullmatch(node.raw)
    place = _PLACE.fullmatch(f"${{{encoded[1]}}}" if encoded is not None else node.raw)
    value = _named(place["name"], given) if place is not None and place["name"] else None
    if value is None or value.entries or value.elements:
        return value or node
    if value.unknown:
        return node.changed(raw=value.raw)
    if value.raw in _TRUTHS:
        return node.changed(kind=NodeKind.BOOLEAN, raw=value.raw)
    return node.changed(kind=NodeKind.NUMBER, raw=value.raw) if value.raw.isdecimal() else node


def _text(node: Node, given: Node) -> Node:
    places = list(_PLACE.finditer(node.raw))
    values = [_given(place, given) for place in places]
    if len(places) == 1 and places[0][0] == node.raw and (only := values[0]) is not None:
        kind = STRING if only.text is not None else UNKNOWN
        return node.changed(kind=kind, raw=only.raw, origin=(only, *only.origin)[:8])
    pieces, at, decided = [], 0, True
    for place, value in zip(places, values, strict=True):
        pieces += [node.raw[at : place.start()], _piece(place, value)]
        decided &= bool(place["doubled"]) or (value is not None and value.text is not None)
        at = place.end()
    pieces.append(node.raw[at:])
    if sum(map(len, pieces)) > LONGEST_TEXT:
        return node.changed(kind=UNKNOWN)
    return node.changed(kind=STRING if decided else UNKNOWN, raw="".join(pieces))


def _given(place: re.Match[str], given: Node) -> Node | None:
    """The text of a name; None of what is no name, and of a name that nobody gives."""
    value = _named(place["name"], given) if place["name"] else None
    return value if value is not None and (value.text is not None or value.unknown) else None


def _named(route: str, given: Node) -> Node | None:
    value: Node | None = given
    for name in route.split("."):
        value = item_of(value, name) if value is not None else None
    return value


def _piece(place: re.Match[str], value: Node | None) -> str:
    """What a place contributes; what is unknown stays visible as an interpolation."""
    if value is None:
        return place[0][1:] if place["doubled"] else place[0]
    if value.text is not None:
        return value.text
    return value.raw if "${" in value.raw else f"${{{value.raw}}}"
