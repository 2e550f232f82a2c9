"""
Records as arrays: the fields of each kind in their order, without names.

Both versions of the format write records so. Reading is strict about what is there, and lenient
about what follows: a later minor version may add fields at the end, which are left out here.
"""

import dataclasses
import sys
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Optional, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import astuple

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

LARGEST_NUMBER = 2**63 - 1
_SIGNED = frozenset({"status"})
"""Fields that may be below 0: a command that a signal ended has such a status."""

Wires = Mapping[object, type[msgspec.Struct]]


def _wire_type(type_: type, nested: Wires, tag: str | None = None) -> type[msgspec.Struct]:
    """The same fields as an array, which is half as long as an object with its keys."""
    hints = get_type_hints(type_)
    fields = [_wire_field(field, hints[field.name], nested) for field in dataclasses.fields(type_)]
    return msgspec.defstruct(
        type_.__name__, fields, kw_only=True, array_like=True, frozen=True, tag=tag
    )


def _wire_field(
    field: dataclasses.Field[object], hint: object, nested: Wires
) -> tuple[str, object, object]:
    element = (get_args(hint) or (None,))[0]
    if element in nested:
        wire: object = tuple.__class_getitem__((nested[element], ...))
    else:
        wire = hint if field.name in _SIGNED else _measurable(hint)
    absent = dataclasses.MISSING
    default = msgspec.NODEFAULT if field.default is absent else field.default
    return (field.name, wire, default)


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

_VALUES: Mapping[type, type] = {
    wire: type_ for type_, wire in [*WIRES.items(), *_NESTED.items()] if isinstance(type_, type)
}


_NESTING = frozenset(
    type_
    for type_ in _VALUES.values()
    if any(get_origin(hint) is tuple for hint in get_type_hints(type_).values())
)
"""Kinds with values inside that have fields of their own."""


def packed(value: object) -> object:
    """A value of the model as what the wire holds."""
    if isinstance(value, tuple):
        return tuple(packed(element) for element in value)
    wire = WIRES.get(type(value)) or _NESTED.get(type(value))
    if wire is None:
        return value
    return wire(**{name: packed(getattr(value, name)) for name in wire.__struct_fields__})


def record_of(wire: object) -> Record:
    """The record that the wire held."""
    return cast("Record", _unpacked(wire))


def _unpacked(wire: Any) -> Any:  # noqa: ANN401 -- types made at run time
    if isinstance(wire, tuple):
        return tuple(map(_unpacked, wire))
    type_ = _VALUES.get(type(wire))
    if type_ is None:
        return wire
    values = astuple(wire)
    if type_ in _NESTING:
        values = tuple(map(_unpacked, values))
    return type_(**dict(zip(wire.__struct_fields__, values, strict=True)))
