"""
Recordings on disk, `*.aatrace`: one record a line, only ever added to.

Each line is a JSON array whose first element names the record. What was flushed survives the end
of the writer, a torn last line is skipped, and a reader needs no closing index, so a recording can
be read while it grows. A recording is hostile input when it is read: sizes and counts are limited.
"""

import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, Union, get_args, get_type_hints

import msgspec

from agentaudit.errors import InputError, Problem
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
    Recording,
    StackDefined,
    StackRun,
    ThreadGone,
    ThreadTick,
    ThreadTime,
    Watched,
    recording_of,
)
from agentaudit.model.trace import (
    SCHEMA_VERSION,
    ClockPair,
    CpuSample,
    EnergyReading,
    GpuSample,
    Incident,
    SamplingRecord,
)

MAGIC = b'["aatrace",'
LARGEST_BYTES = 2 * 1024**3
LONGEST_LINE = 1024 * 1024
MOST_RECORDS = 20_000_000
_LARGEST_NUMBER = 2**63

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
}
"""The word a line begins with, and the record it holds."""


class RecordingWriter:
    """
    A recording being written. A crash loses what came after the last `flush`, and nothing else.

    The file must not exist or be empty: a recording is never written over another.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: IO[bytes] = path.open("xb")

    def append(self, record: Record) -> None:
        self._file.write(_ENCODER.encode(_packed(record)) + b"\n")

    def flush(self) -> None:
        """What was appended reaches the kernel, and so survives this process."""
        self._file.flush()

    def close(self) -> None:
        """What was appended reaches the disk."""
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


def read_recording(path: Path) -> Recording:
    """
    The recording at `path`, as far as it is written.

    Raises InputError when the file cannot be read, is no recording, is of a newer version, or
    holds a line that is no record.
    """
    records: list[Record] = []
    torn_bytes = 0
    for number, line in enumerate(_lines(path), start=1):
        if not line.endswith(b"\n"):
            torn_bytes = len(line)
            break
        records.append(_record(line, path, number))
        if number > MOST_RECORDS:
            raise _problem(path, f"holds more than {MOST_RECORDS} records")
    if not records:
        raise _problem(path, "is no recording of agentaudit, or nothing was recorded yet")
    try:
        return recording_of(records, torn_bytes=torn_bytes)
    except ValueError as error:
        raise _problem(path, f"is no whole recording: {error}") from error


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST_BYTES:
                raise _problem(path, f"is larger than {LARGEST_BYTES // 2**20} MiB")
            while line := file.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise _problem(path, f"holds a line of more than {LONGEST_LINE} bytes")
                yield line
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}") from error


def _record(line: bytes, path: Path, number: int) -> Record:
    if number == 1:
        _refuse_other_formats(line, path)
    try:
        record: Record = _unpacked(_DECODER.decode(line))
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise _problem(path, f"is no record: {error}", line=number) from error
    if (number == 1) != isinstance(record, Opened):
        raise _problem(path, "a recording is opened once, by its first record", line=number)
    if isinstance(record, Opened) and not _measurable(record):
        raise _problem(path, "a recording needs a core and a sampling rate above 0", line=number)
    return record


def _measurable(opened: Opened) -> bool:
    """What was measured has cores and a rate; what was imported may know of neither."""
    if opened.target.imported:
        return opened.host.cores >= 0 and opened.rate_hz >= 0
    return opened.host.cores >= 1 and opened.rate_hz > 0


def _refuse_other_formats(line: bytes, path: Path) -> None:
    if not line.startswith(MAGIC):
        raise _problem(path, "is no recording of agentaudit")
    version = line[len(MAGIC) :].split(b",")[0][:9]
    if version.isdigit() and int(version) > SCHEMA_VERSION:
        raise _problem(
            path,
            f"was written by a newer release (format {int(version)});"
            f" this one reads up to {SCHEMA_VERSION}",
        )


_Wires = Mapping[object, type[msgspec.Struct]]


def _wire_type(type_: type, nested: _Wires, tag: str | None = None) -> type[msgspec.Struct]:
    """The same fields as an array, which is half as long as an object with its keys."""
    hints = get_type_hints(type_)
    fields = [_wire_field(field, hints[field.name], nested) for field in dataclasses.fields(type_)]
    return msgspec.defstruct(
        type_.__name__, fields, kw_only=True, array_like=True, frozen=True, tag=tag
    )


def _wire_field(
    field: dataclasses.Field[object], hint: object, nested: _Wires
) -> tuple[str, object, object]:
    element = (get_args(hint) or (None,))[0]
    wire = tuple.__class_getitem__((nested[element], ...)) if element in nested else hint
    absent = dataclasses.MISSING
    default = msgspec.NODEFAULT if field.default is absent else field.default
    return (field.name, wire, default)


_NESTED: _Wires = {
    type_: _wire_type(type_, {}) for type_ in (Frame, ThreadTime, ProcessTime, Attribute)
}
_WIRE: _Wires = {type_: _wire_type(type_, _NESTED, tag) for tag, type_ in TAGS.items()}
_VALUES: Mapping[type, type] = {
    wire: type_ for type_, wire in [*_WIRE.items(), *_NESTED.items()] if isinstance(type_, type)
}
_DECODER = msgspec.json.Decoder(Union[tuple(_WIRE.values())])  # noqa: UP007 -- made of a list
_ENCODER = msgspec.json.Encoder()


def _packed(value: object) -> object:
    """A value of the model as what the wire holds."""
    if isinstance(value, tuple):
        return tuple(_packed(element) for element in value)
    wire = _WIRE.get(type(value)) or _NESTED.get(type(value))
    if wire is None:
        return value
    return wire(**{name: _packed(getattr(value, name)) for name in wire.__struct_fields__})


def _unpacked(wire: Any) -> Any:  # noqa: ANN401 -- types made at run time
    """The other way round."""
    if isinstance(wire, tuple):
        return tuple(_unpacked(element) for element in wire)
    type_ = _VALUES.get(type(wire))
    if type_ is None:
        if isinstance(wire, int) and not 0 <= wire <= _LARGEST_NUMBER:
            raise ValueError("times, counters and numbers of processes are 0 to 2⁶³")
        return wire
    return type_(**{name: _unpacked(getattr(wire, name)) for name in wire.__struct_fields__})


def _problem(path: Path, message: str, line: int | None = None) -> InputError:
    return InputError(Problem(file=str(path), message=message, line=line))
