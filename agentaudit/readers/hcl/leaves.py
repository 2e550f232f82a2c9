"""
Expressions of one piece, as most are: read off the text, for the tree has four levels of each.

They mean what `expressions` makes of the tree; a text that may mean more is left to it.
"""

import re

import tree_sitter

from agentaudit.readers.hcl.reading import Reading
from agentaudit.readers.hcl.syntax import Expression, Null, Number, Reference, Text, Truth

_LONGEST = 400
_LEAF = re.compile(
    rb"""(?P<text>"[^"\\$%{}\x00-\x1f\x7f-\xff]*")
      | (?P<truth>true|false)
      | (?P<null>null)
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>(?!(?:true|false|null|for|in|if)\b)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)""",
    re.VERBOSE,
)


def leaf(reading: Reading, node: tree_sitter.Node) -> Expression | None:
    """A literal, or a name with its attributes; None for whatever else a node is."""
    start, end = node.start_byte, node.end_byte
    if end - start > _LONGEST:
        return None
    match = _LEAF.fullmatch(reading.encoded, start, end)
    if match is None or node.has_error:
        return None
    place, source = reading.place(node), match[0].decode()
    match match.lastgroup:
        case "text":
            return Text(place=place, source=source, value=source[1:-1])
        case "name":
            root, *accessors = source.split(".")
            return Reference(place=place, source=source, root=root, accessors=tuple(accessors))
        case "number":
            return Number(place=place, source=source)
        case "truth":
            return Truth(place=place, source=source, value=source == "true")
        case _:
            return Null(place=place, source=source)
