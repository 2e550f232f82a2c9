"""
The engine of conditions: what facts are to CEL, and the programs that it makes of texts.

A program can be kept and read again, which takes a tenth of the time: the engine has to parse
nothing then, nor to hold what it parses with. The engine is loaded when the first fact is asked
about, for it takes much memory: documents, which take more, are gone by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from itertools import zip_longest
from typing import Any, get_args, get_origin

from msgspec import Struct

from agentaudit.model.deployment import FACT_KINDS, PLACES
from agentaudit.model.facts.fact import Fact
from agentaudit.rules.conditions import hints, is_optional
from agentaudit.rules.limits import Limits
from agentaudit.rules.whole import Whole

_MOST = 2**63 - 1
MOST_TOGETHER = 32
"""An integer of the engine has 64 bits, one of them for the sign."""
TYPES: Mapping[str, type[Struct]] = {
    **{word: kind.type for word, kind in FACT_KINDS.items()},
    "deployment": Whole,
    "limits": Limits,
}


class Program(Struct, frozen=True):
    """A text over one kind of fact, and what the engine made of it."""

    kind: str
    source: str
    compiled: bytes


def programs(kind: str, sources: Iterable[str]) -> Iterable[Program]:
    """What the engine makes of some texts; those that it does not take are left out."""
    for source in sources:
        with suppress(RuntimeError):
            yield Program(kind, source, program(kind, source).serialize())


def know(known: Iterable[Program]) -> None:
    """Takes programs that were kept, so that they need not be made in this run."""
    _KNOWN.update(((each.kind, each.source), each.compiled) for each in known)


_KNOWN: dict[tuple[str, str], bytes] = {}


@lru_cache(maxsize=512)
def program(kind: str, source: str) -> Any:  # noqa: ANN401, the library has no types
    """The program of a text; RuntimeError says what the engine does not take in it."""
    known = _KNOWN.get((kind, source))
    if known is not None:
        with suppress(RuntimeError):  # another release of the engine made it
            return environment(kind).deserialize(known)
    return environment(kind).compile(source)


def is_statement(of_text: Any) -> bool:  # noqa: ANN401, the library has no types
    """Whether a program answers with true or false."""
    from cel_expr_python import cel

    return bool(of_text.return_type() == cel.Type.BOOL)


def together(sources: Sequence[str]) -> str:
    """Conditions as one number, with a bit for each."""
    # A line of its own, for a condition may end in a comment.
    terms = [f"(({source}\n) ? {1 << bit} : 0)" for bit, source in enumerate(sources)]
    while len(terms) > 1:
        pairs = zip_longest(terms[::2], terms[1::2])
        terms = [f"({one} + {other})" if other else one for one, other in pairs]
    return terms[0]


def activation(
    kind: str, fact: Fact, whole: Whole, limits: Limits, *, asked: frozenset[str] | None
) -> Any:  # noqa: ANN401, the library has no types
    """The fact as programs see it, beside the deployment it is part of and the limits."""
    values = {
        kind: _message(kind, fact, asked),
        "deployment": _shared("deployment", whole),
        "limits": _shared("limits", limits),
    }
    return environment(kind).Activation(values)


@cache
def environment(kind: str) -> Any:  # noqa: ANN401, the library has no types
    """The environment of conditions over one kind of fact."""
    from cel_expr_python import cel

    names = (kind, "deployment", "limits")
    variables = {name: cel.Type(_message_class(name).DESCRIPTOR.full_name) for name in names}
    return cel.NewEnv(_pool(), variables=variables)


@cache
def _pool() -> Any:  # noqa: ANN401, the library has no types
    """The messages of the kinds that were asked for so far."""
    from google.protobuf import descriptor_pool

    return descriptor_pool.DescriptorPool()


@cache
def _message_class(name: str) -> Any:  # noqa: ANN401, the library has no types
    from google.protobuf import descriptor_pb2, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name=f"agentaudit/{name}.proto", package="agentaudit", syntax="proto3"
    )
    message = file.message_type.add(name=name)
    for number, field in enumerate(fields_of(name), start=1):
        _declare(message, field, number, hints(TYPES[name])[field])
    _pool().AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"agentaudit.{name}"))


def _declare(message: Any, name: str, number: int, hint: object) -> None:  # noqa: ANN401, untyped
    """One field: text, number or statement, perhaps many of them, perhaps unset."""
    from google.protobuf import descriptor_pb2

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


def _message(name: str, value: object, asked: frozenset[str] | None) -> Any:  # noqa: ANN401, the library has no types
    """The value as its message; an optional number that is None stays unset."""
    given: dict[str, object] = {}
    for field_name, optional in _settable(name, asked):
        item = getattr(value, field_name)
        if item or (optional and item is not None):  # an unset field is what is empty, or 0
            given[field_name] = _within(item)
    return _message_class(name)(**given)


@cache
def _settable(name: str, asked: frozenset[str] | None) -> tuple[tuple[str, bool], ...]:
    """The fields of a message that are asked for, and whether one that is unset differs from 0."""
    types = hints(TYPES[name])
    fields = (field for field in fields_of(name) if asked is None or field in asked)
    return tuple((field, is_optional(types[field])) for field in fields)


def _within(item: object) -> object:
    """A number that the engine can hold: a file may write any, and all above are over a limit."""
    return max(-_MOST, min(item, _MOST)) if isinstance(item, int) else item


@lru_cache(maxsize=8)
def _shared(name: str, value: Whole | Limits) -> Any:  # noqa: ANN401, the library has no types
    """What all facts of a run are asked beside, made into a message once."""
    return _message(name, value, None)


@cache
def fields_of(name: str) -> tuple[str, ...]:
    """The fields of a kind of fact that conditions may ask for."""
    return tuple(field for field in TYPES[name].__struct_fields__ if field not in PLACES)
