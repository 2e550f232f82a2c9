"""
Conditions: CEL, asked of one fact at a time.

Every kind of fact is declared to CEL as a message whose fields have types, made from the
values of the model. A misspelt field, text compared with a number, or a condition that is no
statement is therefore an error when rules are loaded, with its line and column, and not a rule
that silently never holds.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from agentaudit.errors import InputError
from agentaudit.lists import meant
from agentaudit.model.facts.fact import Fact
from agentaudit.rules.conditions import (
    ConditionError,
    TooLongError,
    check_optional_fields,
    check_words,
    complaint,
    error_at,
    patterns_in,
)
from agentaudit.rules.engine import (
    TYPES,
    activation,
    environment,
    fields_of,
    is_statement,
    program,
    together,
)
from agentaudit.rules.limits import Limits
from agentaudit.rules.whole import Whole


class RuleError(InputError):
    """A rule gave no answer; an audit that fails must not look like one that found nothing."""


class Condition(Struct, frozen=True):
    """A condition over one kind of fact, compiled when it is first asked."""

    kind: str
    source: str

    def holds(self, subject: "Subject") -> bool:
        """
        What the condition says of one fact.

        The engine answers a failed condition with a text, which would count as true: whatever is
        no bool is a ConditionError. It raises where a list is longer than it goes through; that
        is TooLongError.
        """
        try:
            answer = _program(self.kind, self.source).eval(subject.activation).value()
        except RuntimeError as error:
            raise TooLongError(f"gave no answer: {error}") from error
        if isinstance(answer, bool):
            return answer
        raise ConditionError(f"gave no answer: {answer}")


class Together:
    """
    Conditions over one kind of fact that are asked by a single call of the engine.

    A call takes longer than most conditions; this one answers with a number that has a bit for
    each.
    """

    def __init__(self, conditions: Sequence[Condition]) -> None:
        sources = tuple(condition.source for condition in conditions)
        self._program = _program_for_all(conditions[0].kind, sources)
        self._bits = [1 << bit for bit in range(len(conditions))]

    def answers(self, subject: "Subject") -> Sequence[bool] | None:
        """
        What each says of one fact.

        None where one of them gives no answer, which it then says when it is asked alone, or where
        all together go through longer lists than the engine lets a call do.
        """
        if self._program is None:
            return None
        try:
            answer = self._program.eval(subject.activation).value()
        except RuntimeError:
            return None
        return [answer & bit != 0 for bit in self._bits] if isinstance(answer, int) else None


@lru_cache(maxsize=256)
def _program_for_all(kind: str, sources: tuple[str, ...]) -> Any:  # noqa: ANN401, the library has no types
    """None where the engine takes each but not all of them: it limits how deep a text nests."""
    try:
        return program(kind, together(sources))
    except RuntimeError:
        return None


def _program(kind: str, source: str) -> Any:  # noqa: ANN401, the library has no types
    try:
        return program(kind, source)
    except RuntimeError as error:
        raise _told(str(error), kind, source) from None


class Subject(Struct, frozen=True):
    """One fact, bound once for all conditions of its kind."""

    activation: Any


def compile_condition(kind: str, source: str) -> Condition:
    """The condition `source` over facts of `kind`; a ConditionError says what is wrong with it."""
    if not is_statement(_program(kind, source)):
        raise ConditionError("must be true or false, not a value: compare it with something")
    check_optional_fields(kind, TYPES[kind], source)
    check_words(kind, TYPES[kind], source)
    _check_patterns(kind, source)
    return Condition(kind, source)


def bind(
    kind: str, fact: Fact, whole: Whole, limits: Limits, *, asked: frozenset[str] | None = None
) -> Subject:
    """
    The fact as conditions see it, beside the deployment it is part of and the limits.

    `asked` are the fields that they may ask for, where that is not all.
    """
    return Subject(activation(kind, fact, whole, limits, asked=asked))


def _told(text: str, kind: str, source: str) -> ConditionError:
    """The engine's first complaint, in our words where we have better ones."""
    found = complaint(text)
    if found is None:
        return ConditionError("cannot be understood")
    line, column, said = found
    field = re.match(r"undefined field '(\w+)' not found in struct 'agentaudit\.(\w+)'", said)
    if field is not None:
        said = f"asks for {lacking(field[2], field[1])}"
    elif said.startswith("undeclared reference to"):
        name = said.split("'")[1]
        called = f"{name}(" in source
        said = f"asks for '{name}'; it can ask of {kind}, deployment and limits"
        said = f"there is no function '{name}'" if called else said
    elif said.startswith("found no matching overload for '_"):
        operator, types = re.findall(r"'(.*?)'", said)[0], said.rpartition(" to ")[2]
        said = f"cannot ask {operator.strip('_').replace('_', ' ')} of {types.strip(chr(39))}"
    return ConditionError(said, line, column)


def lacking(kind: str, name: str) -> str:
    """A field that a kind of fact does not have, with the one that may be meant."""
    near = meant(name, fields_of(kind), f"; see `agentaudit rules facts {kind}`")
    return f"'{name}', which {_article(kind)} does not have{near}"


def _article(kind: str) -> str:
    word = kind.replace("_", " ")
    if kind in ("deployment", "limits"):
        return f"`{kind}`"
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _check_patterns(kind: str, source: str) -> None:
    """A malformed pattern compiles, and would fail only when it is asked."""
    for offset, pattern in patterns_in(source):
        answer = environment(kind).compile(f'"".matches({pattern})').eval(data={}).value()
        if not isinstance(answer, bool):
            raise error_at(source, offset, "matches a malformed pattern")
