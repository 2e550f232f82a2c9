"""
Expressions of ARM templates: texts in brackets, as trees of `syntax`.

Everything within one text stands where the text stands. Source: Microsoft Learn, "Syntax and
expressions in Azure Resource Manager templates" (quotes are doubled, `[[` begins no expression).
"""

import re

from msgspec import Struct

from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.syntax import PARAMETERS, VARIABLES, Expression
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import Place, place_of

_TOKEN = re.compile(r"\s*(?:'((?:[^']++|'')*+)'|(-?\d+)(?!\w)|([A-Za-z_]\w*)|([\[\](),.]|\.\?))")
_DEEPEST = 40
_LONGEST = 24_576
"""Characters of an expression; Azure refuses more (Microsoft Learn, "Template limits")."""


def is_expression(text: str) -> bool:
    """Whether a text is an expression; `[[` begins a text that stands for itself."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def value_of(node: Node) -> Expression:
    """A value of a template's JSON: its texts may be expressions, its `copy` members loops."""
    place = place_of(node)
    match node.kind:
        case NodeKind.MAPPING:
            return _object(node, place)
        case NodeKind.SEQUENCE:
            elements = tuple(value_of(each) for each in node.elements)
            return syntax.Array(place=place, elements=elements)
        case NodeKind.STRING if is_expression(node.raw):
            return parsed(node.raw[1:-1], place)
        case NodeKind.UNKNOWN:
            return syntax.Opaque(place=place, source=node.raw)
        case _:
            raw = node.raw[1:] if node.raw.startswith("[[") else node.raw
            return syntax.Literal(place=place, kind=node.kind, raw=raw)


def _object(node: Node, place: Place) -> Expression:
    """Members; those of a list `copy` are lists that loops make ("Property iteration")."""
    entries: list[tuple[Expression | None, Expression]] = []
    for key, value in node.entries:
        if key.raw == "copy" and value.kind is NodeKind.SEQUENCE and value.elements:
            entries.extend(_copied(each) for each in value.elements)
        else:
            name = syntax.Literal(place=place_of(key), kind=NodeKind.STRING, raw=key.raw)
            entries.append((name, value_of(value)))
    return syntax.Object(place=place, entries=tuple(entries))


def _copied(node: Node) -> tuple[Expression, Expression]:
    name, body, place = node.get("name"), node.get("input"), place_of(node)
    if name is None or body is None:
        hidden = syntax.Opaque(place=place, source="a copy without a name or an input")
        return hidden, hidden
    made = syntax.For(place=place, loop=loop_of(node), body=value_of(body))
    return syntax.Literal(place=place_of(name), kind=NodeKind.STRING, raw=name.raw), made


def loop_of(node: Node) -> syntax.Loop:
    """What a `copy` counts; its number goes by the name of the loop, and by none."""
    count, place = node.get("count"), place_of(node)
    end = value_of(count) if count is not None else syntax.Opaque(place=place, source="count")
    start = syntax.Literal(place=place, kind=NodeKind.NUMBER, raw="0")
    subject = syntax.Call(place=place, name="range", arguments=(start, end))
    named = f"copyIndex {node.text_at('name').lower()}"
    return syntax.Loop(place=place, item="copyIndex ", index=named, subject=subject)


def parsed(text: str, place: Place) -> Expression:
    """An expression without its brackets; opaque where it is none."""
    if len(text) > _LONGEST:
        return syntax.Opaque(place=place, source="…")
    reading = _Reading(text, place)
    found = reading.value(0)
    if found is None or text[reading.at :].strip():
        return syntax.Opaque(place=place, source=text)
    return found


class _Reading(Struct):
    """One expression while it is read; None as soon as it is none."""

    text: str
    place: Place
    at: int = 0

    def token(self) -> re.Match[str] | None:
        return _TOKEN.match(self.text, self.at)

    def taken(self, mark: str) -> bool:
        found = self.token()
        if found is None or found[4] != mark:
            return False
        self.at = found.end()
        return True

    def value(self, depth: int) -> Expression | None:
        token = self.token()
        if token is None or depth > _DEEPEST or token[4] is not None:
            return None
        self.at = token.end()
        found: Expression | None
        if token[3] is not None:
            found = self.named(token[3], depth)
        else:
            kind = NodeKind.STRING if token[2] is None else NodeKind.NUMBER
            raw = token[2] or (token[1] or "").replace("''", "'")
            found = syntax.Literal(place=self.place, kind=kind, raw=raw)
        return self.accessed(found, depth)

    def named(self, name: str, depth: int) -> Expression | None:
        if not self.taken("("):
            return None
        arguments: list[Expression] = []
        while not self.taken(")"):
            argument = self.value(depth + 1)
            if argument is None:
                return None
            arguments.append(argument)
            if not self.taken(",") and (following := self.token()) and following[4] != ")":
                return None
        first = arguments[0] if len(arguments) == 1 else None
        space = name.lower()
        if space in (PARAMETERS, VARIABLES) and isinstance(first, syntax.Literal):
            return syntax.Name(place=self.place, name=first.raw, space=space)
        return syntax.Call(place=self.place, name=name, arguments=tuple(arguments))

    def accessed(self, subject: Expression | None, depth: int) -> Expression | None:
        count = 0
        while subject is not None and count < _DEEPEST:
            key: Expression | None
            if self.taken("["):
                key = self.value(depth + 1)
                if not self.taken("]"):
                    return None
            elif self.taken(".") or self.taken(".?"):
                token = self.token()
                if token is None or token[3] is None:
                    return None
                self.at = token.end()
                key = syntax.Literal(place=self.place, kind=NodeKind.STRING, raw=token[3])
            else:
                return subject
            if key is None:
                return None
            subject, count = syntax.Access(place=self.place, subject=subject, key=key), count + 1
        return None
