"""
Statements: CEL over named numbers of a recording, some of which may be unknown.

`--fail-if 'cpu_share > 0.6'` is one. All numbers are decimals, so a whole number in a statement is
made one before the engine sees it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cel_expr_python import cel
from msgspec import Struct

from agentaudit.lists import meant
from agentaudit.rules.conditions import ConditionError, complaint


class Statement(Struct, frozen=True):
    """A compiled condition over named numbers, some of which may be unknown."""

    source: str
    asked: tuple[str, ...]
    """The numbers that it names, in their order."""
    _divisors: frozenset[str]
    _program: Any

    def holds(self, numbers: Mapping[str, float | None]) -> bool | None:
        """
        True, false, or None where it depends on a number that is unknown.

        An unknown number stays unbound, which fails what asks it, and CEL's `&&` and `||` let that
        failure stand only where the other side does not settle the matter. So does a division by 0,
        which CEL would answer with a number that is none.
        """
        known = {
            name: float(numbers[name] or 0)
            for name in self.asked
            if numbers.get(name) is not None and (numbers[name] or name not in self._divisors)
        }
        answer = self._program.eval(data=known).value()
        return answer if isinstance(answer, bool) else None


def compile_statement(source: str, names: Collection[str]) -> Statement:
    """The condition over numbers of these names; a ConditionError says what is wrong with it."""
    written, added = _as_decimals(source)
    try:
        environment = cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DOUBLE))
        program = environment.compile(written)
    except RuntimeError as error:
        raise _told_of_numbers(str(error), names, added) from None
    if program.return_type() != cel.Type.BOOL:
        raise ConditionError("must be true or false, not a number: compare it with something")
    asked = tuple(dict.fromkeys(word for word in _words_of(source) if word in names))
    if not asked:
        raise ConditionError("asks for no number, so it says the same of every recording")
    divisors = frozenset(_DIVISOR.findall(source))
    return Statement(source, asked, divisors, program)


_DIVISOR = re.compile(r"/\s*\(*\s*([A-Za-z_][\w.]*)")
_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[A-Za-z_][\w.]*|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?"
    r"|\d+[eE][+-]?\d+|\d+"
)


def _as_decimals(source: str) -> tuple[str, tuple[int, ...]]:
    """`requests > 5` with its 5 as 5.0, as all gauges are, and the ends of what grew so."""
    added: list[int] = []

    def decimal(token: re.Match[str]) -> str:
        if not token[0].isdecimal():
            return token[0]
        added.append(token.end())
        return f"{token[0]}.0"

    return _TOKEN.sub(decimal, source), tuple(added)


def _words_of(source: str) -> Iterator[str]:
    return (token[0] for token in _TOKEN.finditer(source))


def _told_of_numbers(text: str, names: Collection[str], added: Sequence[int]) -> ConditionError:
    found = complaint(text)
    if found is None:
        return ConditionError("cannot be understood")
    line, column, said = found
    for number, end in enumerate(added):
        if line == 1 and column - 1 >= end + 2 * (number + 1):
            column -= 2
    if said.startswith("undeclared reference to"):
        name = said.split("'")[1]
        said = f"asks for '{name}', which no recording has{meant(name, names)}"
    elif said.startswith("found no matching overload for '_"):
        operator, types = said.split("'")[1].strip("_"), said.rpartition(" to ")[2].strip("'")
        said = f"cannot ask {operator} of {types.replace('double', 'number')}"
    elif said.startswith("Syntax error"):
        said = "ends too early" if "'<EOF>'" in said else said.split(" expecting ")[0]
    return ConditionError(said, line, column)
