"""Where in a text an edit falls, and what it writes there: the form that each syntax wants."""

import re

from agentaudit.errors import RefusedError
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import offset_of
from agentaudit.readers.pieces import Piece
from agentaudit.readers.scalars import Scalar, toml_literal, written, written_key

_Span = tuple[int, int]
FLAT = frozenset({"dotenv", "ini"})
"""Syntaxes of names and texts alone."""
_SEPARATORS = {"yaml": ": ", "json": ": ", "toml": " = ", "hcl": " = ", "dotenv": "=", "ini": " "}
_FIRST_OF_LINE = re.compile(r"[ \t]*(?:- +)*")
_ALIGNED = re.compile(r"\s*(?P<name>[\w-]+ *)= ")
_MARKERS = ("//", "/*", "#")


def replaced(document: Document, node: Node, value: Scalar) -> Piece:
    """Another value in place of a scalar."""
    if node.text is None:
        raise RefusedError("no scalar stands there")
    text = document.text
    start, end = _span(text, node)
    if document.syntax == "toml":
        end = start + len(toml_literal(text, start))
    if node.end_line != node.line:
        raise RefusedError("the value has several lines")
    return Piece(start, end, written(document.syntax, value, text[start:end]))


def removed(document: Document, parent: Node, index: int) -> Piece:
    """Nothing in place of a member, and of what separates it from the next."""
    text, members = document.text, _members(document.text, parent)
    opening, closing = _span(text, parent)
    if text[opening] in "[{" and document.syntax in ("json", "yaml", "hcl", "toml"):
        return _out_of_brackets(members, index, (opening + 1, closing - 1))
    start, end = members[index]
    from_line = text.rfind("\n", 0, start) + 1
    if not text[from_line:start].strip(" \t-"):
        to_line = text.find("\n", end)
        return Piece(from_line, len(text) if to_line < 0 else to_line + 1, "")
    raise RefusedError("it shares its line with something else")


def _out_of_brackets(members: list[_Span], index: int, inner: _Span) -> Piece:
    if index + 1 < len(members):
        return Piece(members[index][0], members[index + 1][0], "")
    if index:
        return Piece(members[index - 1][1], members[index][1], "")
    return Piece(*inner, "")


def inserted(document: Document, parent: Node, key: str, value: Scalar) -> Piece:
    """A key more in a mapping."""
    text, syntax = document.text, document.syntax
    if syntax not in _SEPARATORS or parent.kind is not NodeKind.MAPPING:
        raise RefusedError("no key can be added there")
    name, content = written_key(syntax, key), written(syntax, value)
    if syntax in FLAT:
        before = "" if text.endswith("\n") or not text else "\n"
        line = f"{before}{name}{_SEPARATORS[syntax]}{content}\n"
        return Piece(len(text), len(text), line)
    opening, _ = _span(text, parent)
    if syntax in ("json", "yaml") and text[opening : opening + 1] == "{":
        return _into_brackets(text, parent, f"{name}: {content}")
    return _as_line(document, parent, name, content)


def _into_brackets(text: str, parent: Node, pair: str) -> Piece:
    """Behind the last member, in its line or in a line of its own as that one is."""
    opening, _ = _span(text, parent)
    members = _members(text, parent)
    if not members:
        return Piece(opening + 1, opening + 1, pair)
    (first, _), (last, end) = members[0], members[-1]
    line_end = text.find("\n", end)
    rest = text[end : len(text) if line_end < 0 else line_end]
    if any(marker in rest for marker in _MARKERS):
        return Piece(first, first, f"{pair},{_gap(text, first)}")
    return Piece(end, end, f",{_gap(text, last)}{pair}")


def _gap(text: str, start: int) -> str:
    """What stands before a member: a line end with its indent, or one space."""
    line = text.rfind("\n", 0, start) + 1
    before = text[line:start]
    return "\n" + before if line and not before.strip() else " "


def _as_line(document: Document, parent: Node, name: str, content: str) -> Piece:
    """In a line of its own, behind the last member that fills one line, or before the first."""
    text, separator = document.text, _SEPARATORS[document.syntax]
    for key, value in reversed(parent.entries):
        line = text.rfind("\n", 0, _span(text, key)[0]) + 1
        own = value.text is not None and key.line == value.line == value.end_line
        indent = _FIRST_OF_LINE.match(text, line)
        if own and indent is not None and indent.end() == _span(text, key)[0]:
            end = text.find("\n", line)
            end = len(text) if end < 0 else end
            aligned = _ALIGNED.match(text, line, end) if document.syntax == "hcl" else None
            width = len(aligned["name"]) - 1 if aligned else len(name)
            # A longer name would push the others out of their column, so it stands apart.
            gap = "\n\n" if len(name) > width else "\n"
            space = " " * (indent.end() - line)
            return Piece(end, end, f"{gap}{space}{name.ljust(width)}{separator}{content}")
    if document.syntax != "yaml" or not parent.entries:
        raise RefusedError("no line there shows how a key is written")
    start, _ = _span(text, parent.entries[0][0])
    space = " " * (parent.entries[0][0].column - 1)
    return Piece(start, start, f"{name}{separator}{content}\n{space}")


def _members(text: str, parent: Node) -> list[_Span]:
    if parent.entries:
        return [(_span(text, key)[0], _span(text, value)[1]) for key, value in parent.entries]
    return [_span(text, element) for element in parent.elements]


def _span(text: str, node: Node) -> _Span:
    start = offset_of(text, node.line, node.column)
    return start, offset_of(text, node.end_line, node.end_column) + 1
