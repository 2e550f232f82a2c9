"""Python as a syntax tree: parsed, never imported, never run."""

import ast
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.readers.document import TO_US, Comment, Document, Node, NodeKind
from agentaudit.readers.lines import broken

_OURS = f"version {sys.version_info.major}.{sys.version_info.minor}"
"""What we run on: it parses no later one, such as the nested quotes of f-strings since 3.12."""

_FORMATTED = regex(
    r"""(?<!\w)[rR]?[fF][rR]?(?:\"{3}(?:[^"\\]++|\\.|"(?!""))*+|'{3}(?:[^'\\]++|\\.|'(?!''))*+"""
    r"""|"(?:[^"\\\n]++|\\.)*+|'(?:[^'\\\n]++|\\.)*+)""",
    re.DOTALL,
)
_MOST_VALUES = 10_000


def parse_python(file: str, text: str) -> Document:
    """
    The document whose `tree` is an `ast.Module`; InputError where it is no Python.

    Its comments are told where one of them may be meant for us.
    """
    tree = tree_of(file, text)
    end = text.count("\n") + 1
    root = Node(kind=NodeKind.MAPPING, line=1, column=1, end_line=end, end_column=1)
    return Document(
        file=file,
        syntax="python",
        text=text,
        roots=(root,),
        comments=tuple(comments_in(text)),
        tree=tree,
    )


def tree_of(file: str, text: str) -> ast.Module:
    """The tree of a program, be it a whole file or a cell; InputError where it is no Python."""
    _refuse_crowded(file, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        place = (max(error.lineno or 1, 1), max(error.offset or 1, 1))
        raise broken(file, *place, f"this is not Python as {_OURS} knows it") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise broken(file, 1, 1, "this Python is too deep, or holds null bytes") from error


def _refuse_crowded(file: str, text: str) -> None:
    """InputError for an f-string of so many values that the parser hangs: it takes their square."""
    if text.count("{") <= _MOST_VALUES:
        return
    for found in _FORMATTED.finditer(text):
        if found[0].count("{") > _MOST_VALUES:
            line = text.count("\n", 0, found.start()) + 1
            column = found.start() - text.rfind("\n", 0, found.start())
            raise broken(file, line, column, f"more than {_MOST_VALUES:,} values in one text")


def comments_in(text: str) -> Iterator[Comment]:
    """The comments of a program, where one of them may be meant for us."""
    if TO_US not in text:
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                yield Comment(line=line, column=column + 1, text=token.string.lstrip("#").strip())
    except (tokenize.TokenError, SyntaxError):
        return  # what parses and does not tokenise has no comments that we can trust
