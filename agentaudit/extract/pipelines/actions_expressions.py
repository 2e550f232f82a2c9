"""Expressions of GitHub as conditions: whether one holds only where a part of it does."""

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from agentaudit.readers.document import Node

_MARK = re.compile(r"'[^']*'?|\|\||&&|[()]")
"""What decides of which parts a condition is; texts have single quotes."""
_MOST_PARENTHESES = 100
_LONGEST = 21_000
"""Characters of an expression; GitHub refuses a workflow with a longer one."""


def never_runs(node: Node) -> bool:
    """Whether a job or a step is switched off: `if: false`, `if: false && (…)`."""
    return holds_only(node, lambda part: part == "false")


def holds_only(node: Node, asks: Callable[[str], bool]) -> bool:
    """Whether the condition of a job or a step holds only where a part of it asks for that."""
    condition = node.raw_at("if").strip()
    condition = condition.removeprefix("${{").removesuffix("}}").strip()
    long = len(condition) > _LONGEST or condition.count("(") > _MOST_PARENTHESES
    closes = None if long or not condition else _pairs(condition)
    return closes is not None and _Condition(condition, closes, asks).holds(0, len(condition))


class _Condition(Struct, frozen=True):
    """An expression of GitHub, read in one way through it."""

    text: str
    closes: Mapping[int, int]
    """Where each of its parentheses closes."""
    asks: Callable[[str], bool]

    def holds(self, start: int, end: int) -> bool:
        """Whether a part holds only so: of `a || b` each, of `a && b` one at least."""
        text = self.text
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if self.closes.get(start) == end - 1:
            return self.holds(start + 1, end - 1)
        for operator, settles in (("||", all), ("&&", any)):
            parts = tuple(self._parts(start, end, operator))
            if len(parts) > 1:
                return settles(self.holds(*part) for part in parts)
        return self.asks(text[start:end])

    def _parts(self, start: int, end: int, operator: str) -> Iterator[tuple[int, int]]:
        """What stands around the operators that are in no parentheses."""
        at = start
        while (mark := _MARK.search(self.text, at, end)) is not None:
            at = mark.end()
            if mark[0] == "(":
                at = self.closes[mark.start()] + 1
            elif mark[0] == operator:
                yield start, mark.start()
                start = at
        yield start, end


def _pairs(text: str) -> Mapping[int, int] | None:
    """Where each parenthesis outside of texts closes; None where not all of them do."""
    closes, opened = {}, []
    for mark in _MARK.finditer(text):
        if mark[0] == "(":
            opened.append(mark.start())
        elif mark[0] == ")":
            if not opened:
                return None
            closes[opened.pop()] = mark.start()
    return None if opened else closes
