"""
Conditions: CEL, asked of one fact at a time.

Every kind of fact is declared to CEL as a message whose fields have types, made from the
values of the model. A misspelt field, text compared with a number, or a condition that is no
statement is therefore an error when rules are loaded, with its line and column, and not a rule
that silently never holds.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import zip_longest
from typing import Any, get_args, get_origin

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from msgspec import Struct

from agentaudit.errors import InputError
from agentaudit.model.deployment import FACT_KINDS
from agentaudit.model.facts.fact import Fact
from agentaudit.rules.conditions import (
    ConditionError,
    TooLongError,
    check_optional_fields,
    check_words,
    complaint,
    error_at,
    hints,
    is_optional,
    patterns_in,
)
from agentaudit.rules.limits import Limits
from agentaudit.rules.whole import Whole

_HIDDEN = frozenset({"evidence"})
_MOST = 2**63 - 1


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


def answers(conditions: Sequence[Condition], subject: "Subject") -> Sequence[bool] | None:
    """
    What conditions over one kind of fact say of one, by a single call of the engine.

    A call takes longer than most conditions; this one answers with a number that has a bit for
    each. None where one of them gives no answer, which it then says when it is asked alone, or
    where all together go through longer lists than the engine lets a call do.
    """
    sources = tuple(condition.source for condition in conditions)
    program = _program_for_all(conditions[0].kind, sources)
    try:
        answer = program.eval(subject.activation).value() if program is not None else None
    except RuntimeError:
        return None
    if not isinstance(answer, int):
        return None
    return [bool(answer >> bit & 1) for bit in range(len(conditions))]


MOST_AT_ONCE = 32
"""An integer of the engine has 64 bits, one of them for the sign."""


@lru_cache(maxsize=256)
def _program_for_all(kind: str, sources: tuple[str, ...]) -> Any:  # noqa: ANN401, the library has no types
    """None where the engine takes each but not all of them: it limits how deep a text nests."""
    # A line of its own, for a condition may end in a comment.
    terms = [f"(({source}\n) ? {1 << bit} : 0)" for bit, source in enumerate(sources)]
    while len(terms) > 1:
        pairs = zip_longest(terms[::2], terms[1::2])
        terms = [f"({one} + {other})" if other else one for one, other in pairs]
    try:
        return _engine(kind).compile(terms[0])
    except RuntimeError:
        return None


@cache
def _program(kind: str, source: str) -> Any:  # noqa: ANN401, the library has no types
    try:
        return _engine(kind).compile(source)
    except RuntimeError as error:
        raise _told(str(error), kind, source) from None


class Subject(Struct, frozen=True):
    """One fact, bound once for all conditions of its kind."""

    activation: Any


def compile_condition(kind: str, source: str) -> Condition:
    """The condition `source` over facts of `kind`; a ConditionError says what is wrong with it."""
    if _program(kind, source).return_type() != cel.Type.BOOL:
        raise ConditionError("must be true or false, not a value: compare it with something")
    check_optional_fields(kind, _TYPES[kind], source)
    check_words(kind, _TYPES[kind], source)
    _check_patterns(kind, source)
    return Condition(kind, source)


def bind(kind: str, fact: Fact, whole: Whole, limits: Limits) -> Subject:
    """The fact as conditions see it, beside the deployment it is part of and the limits."""
    engine = _engine(kind)
    values = {
        kind: _message(kind, fact),
        "deployment": _shared("deployment", whole),
        "limits": _shared("limits", limits),
    }
    return Subject(engine.Activation(values))


_TYPES: Mapping[str, type[Struct]] = {
    **{word: kind.type for word, kind in FACT_KINDS.items()},
    "deployment": Whole,
    "limits": Limits,
}


@cache
def _engine(kind: str) -> Any:  # noqa: ANN401, the library has no types
    """The environment of conditions over one kind of fact."""
    names = (kind, "deployment", "limits")
    variables = {name: cel.Type(_message_class(name).DESCRIPTOR.full_name) for name in names}
    return cel.NewEnv(_pool(), variables=variables)


@cache
def _pool() -> Any:  # noqa: ANN401, the library has no types
    """The messages of the kinds that were asked for so far."""
    return descriptor_pool.DescriptorPool()


@cache
def _message_class(name: str) -> Any:  # noqa: ANN401, the library has no types
    file = descriptor_pb2.FileDescriptorProto(
        name=f"agentaudit/{name}.proto", package="agentaudit", syntax="proto3"
    )
    message = file.message_type.add(name=name)
    for number, field in enumerate(_fields(name), start=1):
        _declare(message, field, number, hints(_TYPES[name])[field])
    _pool().AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"agentaudit.{name}"))


def _declare(message: Any, name: str, number: int, hint: object) -> None:  # noqa: ANN401, untyped
    """One field: text, number or statement, perhaps many of them, perhaps unset."""
    proto = descriptor_pb2.FieldDescriptorProto
    scalars: Mapping[object, int] = {
        bool: proto.TYPE_BOOL,
        int: proto.TYPE_INT64,
        float: proto.TYPE_DOUBLE,
    }
    many = get_origin(hint) is tuple
    plain = get_args(hint)[0] if many or is_optional(hint) else hint
    field = message.field.add(
        name=name,
        number=number,
        type=scalars.get(plain, proto.TYPE_STRING),
        label=proto.LABEL_REPEATED if many else proto.LABEL_OPTIONAL,
    )
    if is_optional(hint):
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")


def _message(name: str, value: object) -> Any:  # noqa: ANN401, the library has no types
    """The value as its message; an optional number that is None stays unset."""
    given: dict[str, object] = {}
    for field_name, optional in _settable(name):
        item = getattr(value, field_name)
        if item or (optional and item is not None):  # an unset field is what is empty, or 0
            given[field_name] = _within(item)
    return _message_class(name)(**given)


@cache
def _settable(name: str) -> tuple[tuple[str, bool], ...]:
    """The fields of a message, and whether one that is unset differs from 0."""
    types = hints(_TYPES[name])
    return tuple((field, is_optional(types[field])) for field in _fields(name))


def _within(item: object) -> object:
    """A number that the engine can hold: a file may write any, and all above are over a limit."""
    return max(-_MOST, min(item, _MOST)) if isinstance(item, int) else item


@lru_cache(maxsize=8)
def _shared(name: str, value: Whole | Limits) -> Any:  # noqa: ANN401, the library has no types
    """What all facts of a run are asked beside, made into a message once."""
    return _message(name, value)


@cache
def _fields(name: str) -> tuple[str, ...]:
    return tuple(field for field in _TYPES[name].__struct_fields__ if field not in _HIDDEN)


def _told(text: str, kind: str, source: str) -> ConditionError:
    """The engine's first complaint, in our words where we have better ones."""
    found = complaint(text)
    if found is None:
        return ConditionError("cannot be understood")
    line, column, said = found
    field = re.match(r"undefined field '(\w+)' not found in struct 'agentaudit\.(\w+)'", said)
    if field is not None:
        said = f"asks for '{field[1]}', which {_article(field[2])} does not have"
    elif said.startswith("undeclared reference to"):
        name = said.split("'")[1]
        called = f"{name}(" in source
        said = f"asks for '{name}'; it can ask of {kind}, deployment and limits"
        said = f"there is no function '{name}'" if called else said
    elif said.startswith("found no matching overload for '_"):
        operator, types = re.findall(r"'(.*?)'", said)[0], said.rpartition(" to ")[2]
        said = f"cannot ask {operator.strip('_').replace('_', ' ')} of {types.strip(chr(39))}"
    return ConditionError(said, line, column)


def _article(kind: str) -> str:
    word = kind.replace("_", " ")
    if kind in ("deployment", "limits"):
        return f"`{kind}`"
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _check_patterns(kind: str, source: str) -> None:
    """A malformed pattern compiles, and would fail only when it is asked."""
    for offset, pattern in patterns_in(source):
        answer = _engine(kind).compile(f'"".matches({pattern})').eval(data={}).value()
        if not isinstance(answer, bool):
            raise error_at(source, offset, "matches a malformed pattern")
