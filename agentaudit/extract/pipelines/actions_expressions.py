"""Expressions of GitHub as conditions: whether one holds only where a part of it does."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.readers.document import Node

BEGINNING = "${{"
"""Of an expression within a text."""
_MARK = re.compile(r"'[^']*'?|\|\||&&|[()]")
"""What decides of which parts a condition is; texts have single quotes."""
_MOST_PARENTHESES = 100
_LONGEST = 21_000
"""Characters of an expression; GitHub refuses a workflow with a longer one."""
_RUNS_YET = re.compile(r"\b(?:always|failure|cancelled)\s{0,9}\(")
"""With which a job runs although one that it needs does not."""


def switched_off(jobs: Sequence[tuple[Node, Node]]) -> frozenset[str]:
    """The jobs that never run: `if: false`, and those that need one of them."""
    after: dict[str, list[str]] = {}
    for key, node in jobs:
        if _RUNS_YET.search(node.raw_at("if")) is None:
            for name in node.texts_at("needs"):
                after.setdefault(name, []).append(key.raw)
    left = [key.raw for key, node in jobs if never_runs(node)]
    off: set[str] = set()
    while left:
        name = left.pop()
        if name not in off:
            off.add(name)
            left += after.get(name, ())
    return frozenset(off)


def never_runs(node: Node) -> bool:
    """Whether a job or a step is switched off: `if: false`, `if: false && (…)`."""
    return holds_only(node, lambda part: part == "false")


def holds_only(node: Node, asks: Callable[[str], bool]) -> bool:
    """Whether the condition of a job or a step holds only where a part of it asks for that."""
    condition = node.raw_at("if").strip()
    condition = condition.removeprefix(BEGINNING).removesuffix("}}").strip()
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
