"""A body of OTLP, in protobuf or JSON, as the spans it tells of: all of it, or an error."""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from agentaudit.model.observed import SpanSeen
from agentaudit.probes.spans.dialects import UNREAD, span_seen, wanted
from agentaudit.probes.spans.otlp_json import JsonSpans
from agentaudit.probes.spans.otlp_protobuf import ProtobufSpans
from agentaudit.probes.spans.otlp_spans import MOST_SPANS, OtlpTooLargeError, Told

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_READERS: Mapping[str, type[ProtobufSpans | JsonSpans]] = {
    PROTOBUF: ProtobufSpans,
    JSON: JsonSpans,
}


class Reading(Struct, frozen=True, kw_only=True):
    """How spans are read: attributes that rules ask for, and whether content is kept."""

    kinds: frozenset[str] = frozenset()
    capture: bool = False


class Body(Struct, frozen=True, kw_only=True):
    """What a body told; spans without an id or a possible time are refused."""

    spans: tuple[SpanSeen, ...]
    refused: int = 0
    unread: frozenset[str] = frozenset()
    """What could not be read of recordings that `trace export` made them of."""


def read_body(body: bytes, media: str, reading: Reading) -> Body:
    """
    The spans of a body whose media type is `PROTOBUF` or `JSON`.

    Raises OtlpError when it is no OTLP, and OtlpTooLargeError when it holds too much.
    """
    seen, unread = [], set()
    for told in _told(body, media, reading):
        seen.append(span_seen(told, reading.kinds))
        if UNREAD in told.resource:
            unread.add(str(told.resource[UNREAD]))
    spans = tuple(span for span in seen if span is not None)
    return Body(spans=spans, refused=len(seen) - len(spans), unread=frozenset(unread))


def _told(body: bytes, media: str, reading: Reading) -> Iterator[Told]:
    reader = _READERS[media](wanted(reading.kinds, capture=reading.capture))
    for number, told in enumerate(reader.read(body)):
        if number >= MOST_SPANS:
            raise OtlpTooLargeError(f"it holds more than {MOST_SPANS} spans")
        yield told


def kind_keys(attributes: Collection[str]) -> frozenset[str]:
    """What to read for rules that ask for these attributes; a span's own name is always read."""
    return frozenset(attributes) - {"name"}
