"""
OTLP in protobuf, read field by field and never as a whole.

A library would build the whole message first: two bytes of an empty span become some 170 bytes in
memory, so that a body of 16 MiB could take more than a gigabyte, and every prompt would be decoded
only to be thrown away. Walking the fields costs what is wanted of them.

Field numbers: opentelemetry-proto v1.
"""

import json
import struct
from collections.abc import Iterator, Mapping

from agentaudit.probes.spans.otlp_spans import (
    DEEPEST_VALUE,
    FAILED,
    LONGEST_CONTENT,
    LONGEST_TEXT,
    MOST_FIELDS,
    ROLES,
    Attributes,
    OtlpError,
    OtlpTooLargeError,
    Told,
    Value,
    Wanted,
)

_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}
_MORE = 0x80
"""The bit of a byte that says that the number goes on."""

_LONGEST_VARINT = 10
_DOUBLE = struct.Struct("<d")
_SIGN = 1 << 63

_ARRAY, _MAP = _NESTED = (5, 6)

Field = tuple[int, "int | memoryview"]


class ProtobufSpans:
    """The spans of one body, in the order they stand in it."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._left = MOST_FIELDS

    def read(self, body: bytes) -> Iterator[Told]:
        """Raises OtlpError where the body is none, having given the spans before."""
        for number, value in self._fields(memoryview(body)):
            if number == 1:
                yield from self._of_resource(_message(value))

    def _of_resource(self, data: memoryview) -> Iterator[Told]:
        resource: dict[str, Value] = {}
        for number, value in self._fields(data):
            if number == 1:
                for inner, attribute in self._fields(_message(value)):
                    if inner == 1:
                        self._attribute(_message(attribute), into := Attributes(), plain=True)
                        resource.update(into.plain)
        for number, value in self._fields(data):
            if number == 2:  # noqa: PLR2004 -- scope_spans
                yield from self._of_scope(_message(value), resource)

    def _of_scope(self, data: memoryview, resource: Mapping[str, Value]) -> Iterator[Told]:
        scope = ""
        for number, value in self._fields(data):
            if number == 1:
                names = (text for inner, text in self._fields(_message(value)) if inner == 1)
                scope = next((_text(name, LONGEST_TEXT) for name in names), "")
        for number, value in self._fields(data):
            if number == 2:  # noqa: PLR2004 -- spans
                yield self._span(_message(value), scope, resource)

    def _span(self, data: memoryview, scope: str, resource: Mapping[str, Value]) -> Told:
        plain: dict[int, int | memoryview] = {}
        attributes = Attributes()
        failed = False
        for number, value in self._fields(data):
            match number:
                case 9:
                    if not attributes.full:
                        self._attribute(_message(value), attributes)
                case 11:
                    if self._wanted.content is not None and not attributes.full:
                        self._event(_message(value), attributes)
                case 15:
                    failed = (3, FAILED) in self._fields(_message(value))
                case _:
                    plain[number] = value
        role = _number(plain.get(6, 0))
        return Told(
            trace=_hex(plain.get(1, b"")),
            span=_hex(plain.get(2, b"")),
            parent=_hex(plain.get(4, b"")),
            name=_text(plain.get(5, b""), LONGEST_TEXT),
            role=ROLES[role] if role < len(ROLES) else "",
            start_unix_ns=_number(plain.get(7, 0)),
            end_unix_ns=_number(plain.get(8, 0)),
            failed=failed,
            scope=scope,
            attributes=attributes.plain,
            resource=resource,
            content=attributes.content,
        )

    def _event(self, data: memoryview, into: Attributes) -> None:
        """Events hold messages in the older conventions: nothing but content is taken of them."""
        for number, value in self._fields(data):
            if number == 3 and not into.full:  # noqa: PLR2004 -- attributes
                inner = Attributes()
                self._attribute(_message(value), inner)
                for key, text in inner.content:
                    into.add(key, text, LONGEST_CONTENT)

    def _attribute(self, data: memoryview, into: Attributes, *, plain: bool = False) -> None:
        key, told = "", None
        for number, value in self._fields(data):
            if number == 1:
                key = _text(value, LONGEST_TEXT)
            elif number == 2:  # noqa: PLR2004 -- value
                told = _message(value)
        longest = self._wanted.longest(key)
        if told is None or not longest or (plain and longest > LONGEST_TEXT):
            return
        found = self._any(told, longest, DEEPEST_VALUE)
        if isinstance(found, list | dict):
            found = json.dumps(found, ensure_ascii=False)
        if isinstance(found, str | int | float):
            into.add(key, found, longest)

    def _any(self, data: memoryview, longest: int, deep: int) -> object:
        """What an `AnyValue` holds; a list or map that is nested too deep is left out."""
        for number, value in self._fields(data):
            if number in _NESTED and not deep:
                return "…"
            if number == _ARRAY:
                members = self._fields(_message(value))
                return [
                    self._any(_message(member), longest, deep - 1)
                    for inner, member in members
                    if inner == 1
                ]
            if number == _MAP:
                return dict(self._pairs(_message(value), longest, deep - 1))
            return _scalar(number, value, longest)
        return None

    def _pairs(self, data: memoryview, longest: int, deep: int) -> Iterator[tuple[str, object]]:
        for number, pair in self._fields(data):
            if number == 1:
                parts = dict(self._fields(_message(pair)))
                value = _message(parts.get(2, memoryview(b"")))
                yield _text(parts.get(1, b""), LONGEST_TEXT), self._any(value, longest, deep)

    def _fields(self, data: memoryview) -> Iterator[Field]:
        """Pairs of a field's number and what it holds: a number, or the bytes of something."""
        at, end = 0, len(data)
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise OtlpTooLargeError(f"it holds more than {MOST_FIELDS} fields")
            tag = data[at]  # nearly every number here has one byte
            if tag < _MORE:
                at += 1
            else:
                tag, at = _varint(data, at)
            wire = tag & 7
            if wire == _VARINT:
                number, at = _varint(data, at)
                yield tag >> 3, number
                continue
            length = _FIXED.get(wire, -1)
            if wire == _BYTES:
                length, at = _varint(data, at)
            if length < 0 or length > end - at:
                raise OtlpError("it is no protobuf of OTLP")
            part = data[at : at + length]
            yield tag >> 3, part if wire == _BYTES else int.from_bytes(part, "little")
            at += length


def _scalar(number: int, value: "int | memoryview", longest: int) -> Value | None:
    """Bytes tell nobody anything, so they are left out."""
    match number:
        case 1:
            return _text(value, longest)
        case 2:
            return bool(_number(value))
        case 3:
            return _signed(_number(value))
        case 4:
            return float(_DOUBLE.unpack(_number(value).to_bytes(8, "little"))[0])
        case _:
            return None


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number that begins there, and where it ends."""
    if at < len(data) and data[at] < _MORE:
        return data[at], at + 1
    value = shift = 0
    for byte in data[at : at + _LONGEST_VARINT]:
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < _MORE:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise OtlpError("it is no protobuf of OTLP: a number does not end")


def _message(value: "int | memoryview") -> memoryview:
    if isinstance(value, int):
        raise OtlpError("it is no protobuf of OTLP: a number where a message belongs")
    return value


def _text(value: "int | memoryview | bytes", longest: int) -> str:
    """Cut while it is bytes: a letter has four at most."""
    if isinstance(value, int):
        raise OtlpError("it is no protobuf of OTLP: a number where a text belongs")
    return str(value[: longest * 4], "utf-8", "replace")[:longest]


def _hex(value: "int | memoryview | bytes") -> str:
    if isinstance(value, int):
        raise OtlpError("it is no protobuf of OTLP: a number where an id belongs")
    return value[:16].hex()


def _number(value: "int | memoryview") -> int:
    if not isinstance(value, int):
        raise OtlpError("it is no protobuf of OTLP: bytes where a number belongs")
    return value


def _signed(value: int) -> int:
    return value - (1 << 64) if value & _SIGN else value
