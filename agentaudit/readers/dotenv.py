"""
Files of environment variables (`.env`), with a place for every value.

A name that stands twice is a problem: which of the two its author means is not said. Most loaders
take the last, so that counts; both are kept, in order.
"""

import re

from agentaudit.expressions import regex
from agentaudit.readers.document import Comment, Document, Node, said_again, text_between
from agentaudit.readers.lines import Lines
from agentaudit.readers.one_text import whole_mapping

_LINE = regex(
    r"""
    ^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*(?:=|:[ ])[ \t]*
    (?:
        "(?P<double>(?:[^"\\]++|\\.)*+)"
      | '(?P<single>[^']*)'
      | (?P<plain>(?:[^ \t\r\n#]++|(?<![ \t"'=])\#|[ \t]++(?!\#|\r?$)|\r(?!$))*+)
    )
    [ \t]*(?P<comment>(?:(?<=[ \t])|(?<=["'])|(?<==))\#[^\n]*)?\r?$
    """,
    re.VERBOSE | re.MULTILINE,
)
_COMMENT = regex(r"^[ \t]*#(?P<text>[^\n]*)$", re.MULTILINE)
_ESCAPE = regex(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def parse_dotenv(file: str, text: str) -> Document:
    """One mapping of names to values; lines that assign nothing are problems, not failures."""
    lines = Lines(text)
    entries: list[tuple[Node, Node]] = []
    comments: list[Comment] = []
    problems: list[tuple[int, int, str]] = []
    offset = 0
    while offset < len(text):
        match = _LINE.match(text, offset) or _COMMENT.match(text, offset)
        line, column = lines.place(offset)
        if match is None:
            end = text.find("\n", offset)
            end = len(text) if end < 0 else end
            if text[offset:end].strip():
                problems.append((line, column, "this line assigns nothing"))
            offset = end + 1
            continue
        if match.lastgroup == "text":
            comments.append(Comment(line=line, column=column, text=match["text"].strip()))
        else:
            entries.append(_entry(lines, match))
            if match["comment"]:
                place = lines.place(match.start("comment"))
                note = match["comment"].lstrip("#").strip()
                comments.append(Comment(line=place[0], column=place[1], text=note))
        offset = match.end() + 1
    return Document(
        file=file,
        syntax="dotenv",
        text=text,
        roots=(whole_mapping(lines, text, tuple(entries)),),
        comments=tuple(comments),
        problems=tuple(sorted((*problems, *said_again(entries)))),
    )


def _entry(lines: Lines, match: re.Match[str]) -> tuple[Node, Node]:
    group = next(name for name in ("double", "single", "plain") if match[name] is not None)
    value = match[group]
    if group == "double":
        value = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), value)
    key = text_between(lines.place, match.start("name"), match.end("name"), match["name"])
    return key, text_between(lines.place, match.start(group), match.end(group), value)
