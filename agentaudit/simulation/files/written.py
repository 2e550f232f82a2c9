"""What people write in workload and machine files, read with every problem and its place."""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Protocol, TypeVar

from msgspec import Struct, field

from agentaudit.errors import InputError, Problem, UsageError

MOST_TOKENS = 10**9
Value = TypeVar("Value")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s)", re.ASCII)
_UNIT_NS = {"us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_LONGEST_NS = 10**15
_LONGEST_LIST = 1_000
_LARGEST_NUMBER = 1e9
_LEAST_NUMBER = 1e-6
"""Of what is above 0, as speeds and weights are."""
_LONGEST_QUOTE = 40


class Written(Protocol):
    """One node of a document, with its place; readers make them."""

    @property
    def kind(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def raw(self) -> str: ...
    @property
    def text(self) -> str | None: ...
    @property
    def elements(self) -> "tuple[Written, ...]": ...
    @property
    def entries(self) -> "tuple[tuple[Written, Written], ...]": ...


class Reading(Struct):
    """One file while it is read: what is wrong is collected, and a stand-in read on with."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def duration(self, node: Written, name: str) -> int:
        match = _DURATION.fullmatch(node.text or "")
        if match is None or float(match[1]) * _UNIT_NS[match[2]] > _LONGEST_NS:
            self.wrong(node, f"{name} is a time such as 1.5s, 20ms or 300us")
            return 0
        return round(float(match[1]) * _UNIT_NS[match[2]])

    def optional_duration(self, node: Written | None, name: str) -> int:
        return 0 if node is None else self.duration(node, name)

    def limit(self, node: Written | None, name: str) -> int | None:
        return None if node is None else self.whole(node, name, 1, MOST_TOKENS)

    def share(self, node: Written | None, name: str) -> float:
        share = self.number(node, name, 1.0, above=-1e-9)
        if node is not None and share > 1:
            self.wrong(node, f"{name} is a share from 0 to 1")
        return share

    def whole(
        self, node: Written | None, name: str, default: int, most: int, *, least: int = 1
    ) -> int:
        if node is None:
            return default
        text = node.text or ""
        if not (text.isascii() and text.isdigit()) or not least <= int(text[:20]) <= most:
            self.wrong(node, f"{name} is a whole number from {least} to {most}")
            return default
        return int(text)

    def number(self, node: Written | None, name: str, default: float, *, above: float) -> float:
        if node is None:
            return default
        number = self.value(node, float, f"{name} is a number")
        if number is None:
            return default
        if fault := _out_of_range(number, above):
            self.wrong(node, f"{name} is {fault}")
            return default
        return number

    def value(
        self, node: Written | None, convert: Callable[[str], Value], otherwise: str
    ) -> Value | None:
        if node is None:
            return None
        try:
            return convert(node.text or "")
        except (ValueError, UsageError):
            self.wrong(node, otherwise)
            return None

    def entries(
        self, node: Written, what: str, *, known: tuple[str, ...], needed: tuple[str, ...] = ()
    ) -> Mapping[str, Written]:
        if node.kind != "mapping":
            self.wrong(node, f"{what} is a mapping of {', '.join(known)}")
            return {}
        entries = {key.raw: value for key, value in node.entries}
        for key, _ in node.entries:
            if key.raw not in known:
                self.fault(key, f"{what} has no {_quoted(key.raw)}; it has {', '.join(known)}")
        for name in needed:
            if name not in entries:
                self.fault(node, f"{what} needs {name!r}")
        return entries

    def elements(self, node: Written | None, name: str) -> "tuple[Written, ...]":
        if node is None:
            return ()
        if node.kind != "sequence" or not 1 <= len(node.elements) <= _LONGEST_LIST:
            self.wrong(node, f"{name} is a list of 1 to {_LONGEST_LIST}")
            return ()
        return node.elements

    def wrong(self, node: Written, expected: str) -> None:
        """What would be right there, and what stands there."""
        self.fault(node, f"{expected}, not {_told(node)}")

    def fault(self, node: Written, message: str) -> None:
        self.problems.append(
            Problem(file=self.file, line=node.line, column=node.column, message=message)
        )

    def error(self) -> InputError:
        """All that is wrong, in the order of the file."""
        return InputError(*sorted(self.problems, key=lambda one: (one.line or 0, one.column or 0)))


def _told(node: Written) -> str:
    """What stands there, shortened; a file may hold anything."""
    match node.kind:
        case "mapping":
            return "a mapping"
        case "sequence":
            return f"a list of {len(node.elements)}"
        case _:
            return _quoted(node.text) if node.text else "nothing"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")


def _out_of_range(number: float, above: float) -> str | None:
    """What a number would have to be; None where it may be as it is."""
    if not (isfinite(number) and number > above):
        return "above 0" if above >= 0 else "at least 0"
    if number >= _LARGEST_NUMBER:
        return f"below {_LARGEST_NUMBER:,.0f}"
    return f"at least {_LEAST_NUMBER:g}" if above >= 0 and number < _LEAST_NUMBER else None
