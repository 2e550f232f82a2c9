"""
What records of one batch repeat, kept once: a thousand spans of one kind hold the same few words.

Equal values are the same to everybody but the memory, of which the words of spans are most.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import force_setattr

from agentaudit.model.observed import SpanSeen
from agentaudit.model.recording import Few

_WORDS: Mapping[type, Sequence[str]] = {
    SpanSeen: (
        *("trace", "parent", "service", "name", "kinds"),
        *("model", "tool", "agent", "peer", "scope", "role"),
    ),
}
"""Fields by the kind of record; a span's own id is nobody else's."""


def keep_once(records: Sequence[Few]) -> None:
    """Records of one kind, that nobody else has seen yet, share the values that are equal."""
    for name in _WORDS.get(type(records[0]), ()) if records else ():
        known: dict[object, object] = {}
        for record in records:
            value = getattr(record, name)
            if value:
                force_setattr(record, name, known.setdefault(value, value))
