"""
Records as arrays: the fields of each kind in their order, without names.

Both versions of the format write records so. Reading is strict about what is there, and lenient
about what follows: a later minor version may add fields at the end, which are left out here.
"""

import sys
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Optional, TypeVar, cast, get_args

import msgspec
from msgspec.structs import FieldInfo, astuple, fields

from agentaudit.model.observed import (
    Attribute,
    EndpointSample,
    InFlight,
    LoadPlanned,
    LoadRequest,
    Marked,
    SpanSeen,
    TaskRun,
)
from agentaudit.model.recording import (
    Closed,
    Frame,
    GpuProcessTime,
    ModelPeer,
    Opened,
    ProcessBorn,
    ProcessGone,
    ProcessNamed,
    ProcessTick,
    ProcessTime,
    Record,
    StackDefined,
    StackRun,
    ThreadGone,
    ThreadTick,
    ThreadTime,
    Watched,
)
from agentaudit.model.trace import (
    ClockPair,
    CpuSample,
    EnergyReading,
    GpuSample,
    Incident,
    Part,
    SamplingRecord,
)
from agentaudit.store.numbers import LARGEST_NUMBER

TAGS: Mapping[str, type[Record]] = {
    "aatrace": Opened,
    "end": Closed,
    "stack": StackDefined,
    "run": StackRun,
    "watched": Watched,
    "threads": ThreadTick,
    "thread-gone": ThreadGone,
    "cpu": ProcessTick,
    "born": ProcessBorn,
    "named": ProcessNamed,
    "gone": ProcessGone,
    "gpu-time": GpuProcessTime,
    "peer": ModelPeer,
    "span": SpanSeen,
    "marked": Marked,
    "task": TaskRun,
    "in-flight": InFlight,
    "endpoint": EndpointSample,
    "load": LoadPlanned,
    "load-request": LoadRequest,
    "clock": ClockPair,
    "sample": CpuSample,
    "gpu": GpuSample,
    "energy": EnergyReading,
    "incident": Incident,
    "sampling": SamplingRecord,
    "part": Part,
}
"""The word for each kind of record."""

_SIGNED = frozenset({"status"})
"""Fields that may be below 0: a command that a signal ended has such a status."""

Wires = Mapping[object, type[msgspec.Struct]]
_Record = TypeVar("_Record", bound=Record)


def _wire_type(type_: type, nested: Wires, tag: str | None = None) -> type[msgspec.Struct]:
    """The same fields as an array, which is half as long as an object with its keys."""
    wired = [_wire_field(field, nested) for field in fields(type_)]
    return msgspec.defstruct(
        type_.__name__, wired, kw_only=True, array_like=True, frozen=True, tag=tag
    )


def _wire_field(field: FieldInfo, nested: Wires) -> tuple[str, object, object]:
    hint = field.type
    element = (get_args(hint) or (None,))[0]
    if element in nested:
        wire: object = tuple.__class_getitem__((nested[element], ...))
    else:
        wire = hint if field.name in _SIGNED else _measurable(hint)
    return (field.name, wire, field.default)


def _measurable(hint: object) -> object:
    """The type, without the numbers that nothing measured can be."""
    if hint in _MEASURES:
        return _MEASURES[hint]
    options = get_args(hint)
    if isinstance(hint, UnionType) and options[0] in _MEASURES:
        return Optional.__getitem__(_MEASURES[options[0]])
    return hint


_MEASURES: Mapping[object, object] = {
    int: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_NUMBER)],
    float: Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)],
}
"""Times, counters and numbers of processes; measures that are finite."""

_NESTED: Wires = {
    type_: _wire_type(type_, {}) for type_ in (Frame, ThreadTime, ProcessTime, Attribute)
}
WIRES: Wires = {type_: _wire_type(type_, _NESTED, tag) for tag, type_ in TAGS.items()}
"""What holds a record of each kind on its way."""

_VALUES: Mapping[type, type[Record]] = {WIRES[type_]: type_ for type_ in TAGS.values()}


def _nesting(type_: type) -> tuple[int, ...]:
    """Places of the fields that hold values with fields of their own."""
    return tuple(
        at
        for at, field in enumerate(fields(type_))
        if (get_args(field.type) or (None,))[0] in _NESTED
    )


_PACKING: Mapping[type, tuple[str, tuple[int, ...]]] = {
    type_: (tag, _nesting(type_)) for tag, type_ in TAGS.items()
}


def packed(record: Record) -> Sequence[object]:
    """A record as what the wire holds: its word and its fields, those of values inside as well."""
    tag, nesting = _PACKING[type(record)]
    fields = [tag, *astuple(record)]
    for at in nesting:
        fields[at + 1] = [astuple(value) for value in fields[at + 1]]
    return fields


def records_of(wires: Sequence[msgspec.Struct], type_: type[_Record]) -> list[_Record]:
    """The records of one kind that wires held; they were checked when they were decoded."""
    of_type = list.__class_getitem__(type_)
    return cast("list[_Record]", msgspec.convert(wires, of_type, from_attributes=True))


def record_of(wire: msgspec.Struct) -> Record:
    """The record that the wire held."""
    return msgspec.convert(wire, _VALUES[type(wire)], from_attributes=True)
