"""Keys in the text of scripts, which are not parsed: only forms that are known by their look."""

from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.collector import Setting
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import Lines
from agentaudit.readers.token_forms import Token, tokens_in

_NAME_BEFORE = 80
_NAMED_SO = regex(
    r"""(?<![\w$-])(?P<name>[\w$-]{1,60})["']?\s{0,3}(?::\s{0,3}string\s{0,3})?[:=]\s{0,3}["'`]$"""
)
"""What a value is called where a script assigns it, or an object has it."""


def script_settings(document: Document) -> Iterator[Setting]:
    """Keys of a known form in a text that is not parsed, under the name that stands before them."""
    lines = Lines(document.text)
    for number, token in enumerate(tokens_in(document.text)):
        before = document.text[max(token.at - _NAME_BEFORE, 0) : token.at]
        named = _NAMED_SO.search(before)
        yield Setting(
            key=named["name"] if named is not None else "text",
            value=_node_at(lines, token),
            document=document,
            route=f"text.{number}",
        )


def _node_at(lines: Lines, token: Token) -> Node:
    line, column = lines.place(token.at)
    end_line, end_column = lines.place(token.at + len(token.value) - 1)
    return Node(
        kind=NodeKind.STRING,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        raw=token.value,
    )
