"""
The names whose words an expression takes on.

None of what is one word of a line, quoted or checked, nor of what it looks up by: `COMMANDS[name]`
holds no word of the name.
"""

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from agentaudit.expressions import regex
from agentaudit.extract.programs.launched import may_run_others, runs_others
from agentaudit.extract.programs.syntax import descendants

_QUOTES = regex(r"(?i)^(?:sh(?:ell)?[-_]?)?(?:quote|escape)")
"""What makes one word of a text: `shlex.quote`, `escapeAppleScriptString`."""


def names_in_words(expression: ast.expr, single: AbstractSet[str] = frozenset()) -> frozenset[str]:
    """Those names; the single ones hold one word each."""
    nodes = descendants(expression)
    left_out = {id(each) for node in nodes for each in _left_out(node, single)}
    return frozenset(
        node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in left_out
    )


def _left_out(node: ast.AST, single: AbstractSet[str]) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        yield from _quoted(node, single)
    elif isinstance(node, ast.Subscript):
        yield from descendants(node.slice)


def _quoted(text: ast.JoinedStr, single: AbstractSet[str]) -> Iterator[ast.AST]:
    """What stands as one word within a text, which runs none of it."""
    said = [each.value for each in text.values if isinstance(each, ast.Constant)]
    words = [word for each in said for word in str(each).split()]
    if not words or runs_others(words) or any(map(may_run_others, words[1:])):
        return
    for each in text.values[1:]:
        match each:
            case ast.FormattedValue(
                value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))
            ):
                if _QUOTES.match(name):
                    yield from descendants(each)
            case ast.FormattedValue(value=ast.Name(id=name)) if name in single:
                yield from descendants(each)
            case _:
                pass
