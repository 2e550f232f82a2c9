"""OTLP in JSON: ids in hexadecimal, 64-bit numbers as text; what is not wanted is not built."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from agentaudit.probes.spans.otlp_spans import (
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
    clean,
)

_Number = int | str
"""Protobuf's JSON writes 64-bit numbers as text; some write them as numbers."""


class _Json(msgspec.Struct, rename="camel"):
    """What is not named here is skipped without being built."""


class _AnyValue(_Json):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: _Number | None = None
    double_value: float | str | None = None
    array_value: msgspec.Raw = msgspec.Raw()
    kvlist_value: msgspec.Raw = msgspec.Raw()


class _Attribute(_Json):
    key: str
    value: _AnyValue | None = None


class _Status(_Json):
    code: int | str = 0


class _Event(_Json):
    attributes: Sequence[_Attribute] = ()


class _Span(_Json):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    name: str = ""
    kind: int | str = 0
    start_time_unix_nano: _Number = 0
    end_time_unix_nano: _Number = 0
    status: _Status | None = None
    attributes: Sequence[_Attribute] = ()
    events: Sequence[_Event] = ()


class _Scope(_Json):
    name: str = ""


class _ScopeSpans(_Json):
    scope: _Scope | None = None
    spans: Sequence[_Span] = ()


class _Resource(_Json):
    attributes: Sequence[_Attribute] = ()


class _ResourceSpans(_Json):
    resource: _Resource | None = None
    scope_spans: Sequence[_ScopeSpans] = ()


class _Body(_Json):
    resource_spans: Sequence[_ResourceSpans] = ()


_DECODER = msgspec.json.Decoder(_Body)
_ID = re.compile(r"[0-9a-fA-F]{1,32}")
_REAL = re.compile(r"-?[0-9]{1,17}(\.[0-9]{0,17})?")
_ROLE_NAMES = {f"SPAN_KIND_{role.upper()}": role for role in ROLES if role}


class JsonSpans:
    """The spans of one body, in the order they stand in it."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def read(self, body: bytes) -> Iterator[Told]:
        """Raises OtlpError where the body is none."""
        if body.count(b"{") + body.count(b"[") > MOST_FIELDS:
            raise OtlpTooLargeError(f"it holds more than {MOST_FIELDS} objects")
        try:
            read = _DECODER.decode(body)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise OtlpError(f"it is no JSON of OTLP: {error}") from error
        except RecursionError as error:
            raise OtlpTooLargeError("it is nested too deep") from error
        for of_resource in read.resource_spans:
            told = of_resource.resource.attributes if of_resource.resource else ()
            resource = self._gathered(told, ()).plain
            for of_scope in of_resource.scope_spans:
                scope = clean(of_scope.scope.name if of_scope.scope else "", LONGEST_TEXT)
                for span in of_scope.spans:
                    yield self._told(span, scope, resource)

    def _told(self, span: _Span, scope: str, resource: Mapping[str, Value]) -> Told:
        attributes = self._gathered(span.attributes, span.events)
        return Told(
            trace=_id(span.trace_id),
            span=_id(span.span_id),
            parent=_id(span.parent_span_id),
            name=clean(span.name, LONGEST_TEXT),
            role=_role(span.kind),
            start_unix_ns=_whole(span.start_time_unix_nano) or 0,
            end_unix_ns=_whole(span.end_time_unix_nano) or 0,
            failed=span.status is not None and span.status.code in (FAILED, "STATUS_CODE_ERROR"),
            scope=scope,
            attributes=attributes.plain,
            resource=resource,
            content=attributes.content,
        )

    def _gathered(self, told: Sequence[_Attribute], events: Sequence[_Event]) -> Attributes:
        into = Attributes()
        for attribute in told:
            if into.full:
                break
            longest = self._wanted.longest(attribute.key)
            value = _value(attribute.value) if longest else None
            if value is not None:
                into.add(attribute.key, value, longest)
        if self._wanted.content is not None:
            for event in events:
                for attribute in event.attributes:
                    value = _value(attribute.value) if self._wanted.content(attribute.key) else None
                    if value is not None and not into.full:
                        into.add(attribute.key, value, LONGEST_CONTENT)
        return into


def _value(told: _AnyValue | None) -> Value | None:
    """A list or a map is its JSON as it stands, which nobody takes apart."""
    if told is None:
        return None
    if told.int_value is not None:
        return _whole(told.int_value)
    if isinstance(told.double_value, str):
        return _real(told.double_value)
    for value in (told.string_value, told.bool_value, told.double_value):
        if value is not None:
            return value
    nested = bytes(told.array_value) or bytes(told.kvlist_value)
    return nested[: LONGEST_CONTENT * 4].decode("utf-8", "replace") or None


def _whole(value: _Number) -> int | None:
    """None of a text that is no whole number of 64 bits."""
    if isinstance(value, int):
        return value
    digits = value.removeprefix("-")
    return int(value) if digits.isascii() and digits.isdecimal() and len(digits) < 21 else None  # noqa: PLR2004 -- 2⁶⁴ has 20 digits


def _real(value: str) -> float | None:
    """`NaN` and `Infinity` are texts in protobuf's JSON, and tell us nothing."""
    return float(value) if _REAL.fullmatch(value) else None


def _id(text: str) -> str:
    """Nothing, unless it is hexadecimal."""
    return text.lower() if _ID.fullmatch(text) else ""


def _role(kind: int | str) -> str:
    if isinstance(kind, str):
        return _ROLE_NAMES.get(kind, "")
    return ROLES[kind] if 0 <= kind < len(ROLES) else ""
