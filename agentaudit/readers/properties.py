"""
Properties, as programs in Java have them: one mapping of names to values, with a place for each.

Source: java.util.Properties, "load". Dots in names mean nothing here. The last of two equal names
wins, as in every loader of such files; both are kept, in order.
"""

import re

from agentaudit.expressions import regex
from agentaudit.readers.document import Comment, Document, Node, entries_of, text_between
from agentaudit.readers.lines import MAX_COMMENTS, MAX_NODES, Lines, broken, too_many_comments
from agentaudit.readers.one_text import whole_mapping

_LINE = regex(
    r"""
    [ \t\f]*+
    (?:
        [#!](?P<comment>[^\n]*+)
      | (?P<name>(?:[^\s=:\\]|\\[^\n])++)
        (?:[ \t\f]|\\\n)*+ (?:[=:](?:[ \t\f]|\\\n)*+)?
        (?P<value>(?:[^\\\n]|\\[\s\S])*+)
    )?
    [^\n]*+
    """,
    re.VERBOSE,
)
"""A backslash at the end of a line continues the value on the next."""
_ESCAPE = regex(r"\\(?:u([0-9A-Fa-f]{4})|\n[ \t\f]*+|([^\n]))")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_NOT_A_CHARACTER = "\N{REPLACEMENT CHARACTER}"


def parse_properties(file: str, text: str) -> Document:
    """Every line that is no remark gives a name to a value, if an empty one."""
    lines = Lines(text)
    entries: list[tuple[Node, Node]] = []
    comments: list[Comment] = []
    offset = 0
    while offset < len(text):
        match = _LINE.match(text, offset)
        if match is None:  # which no text is: each part of the expression may be empty
            break
        if match["comment"] is not None:
            line, column = lines.place(match.start("comment") - 1)
            comments.append(Comment(line=line, column=column, text=match["comment"].strip()))
        elif match["name"] is not None:
            entries.append(_entry(lines, match))
        offset = match.end() + 1
        if 2 * len(entries) > MAX_NODES:
            raise broken(file, 1, 1, f"more than {MAX_NODES:,} nodes")
        if len(comments) > MAX_COMMENTS:
            raise too_many_comments(file)
    return Document(
        file=file,
        syntax="properties",
        text=text,
        roots=(whole_mapping(lines, text, entries_of(entries)),),
        comments=tuple(comments),
    )


def _entry(lines: Lines, match: re.Match[str]) -> tuple[Node, Node]:
    start, value = match.start("value"), match["value"].rstrip()
    key = text_between(lines.place, match.start("name"), match.end("name"), _read(match["name"]))
    return key, text_between(lines.place, start, start + len(value), _read(value))


def _read(written: str) -> str:
    """What a name or a value is when its escapes are undone."""
    return _ESCAPE.sub(_meant, written) if "\\" in written else written


def _meant(found: re.Match[str]) -> str:
    if found[1] is not None:
        character = chr(int(found[1], 16))
        return character if character.isprintable() or character.isspace() else _NOT_A_CHARACTER
    return _ESCAPES.get(found[2], found[2]) if found[2] is not None else ""
