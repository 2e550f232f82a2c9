"""
A span as OTLP tells it, whatever the encoding, and what a body may hold at most.

Bodies are hostile: whoever can reach the port may send them. Each limit says what it is there for.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field

Value = str | int | float | bool
"""Of an attribute; lists and maps come as their text in JSON."""

LARGEST_BODY = 16 * 1024 * 1024
"""Unpacked. An exporter sends 512 spans at a time, which may hold whole prompts."""

MOST_SPANS = 20_000
MOST_FIELDS = 500_000
"""Of a body, whatever they are: what one costs is our time and memory, not the sender's."""

MOST_ATTRIBUTES = 1_000
LONGEST_TEXT = 256
LONGEST_CONTENT = 8 * 1024
MOST_CONTENT = 48 * 1024
"""Of one span: a line of a recording must hold it, whatever has to be escaped."""

DEEPEST_VALUE = 8
ROLES = ("", "internal", "server", "client", "producer", "consumer")
"""`SpanKind` by its number."""

FAILED = 2
"""`Status.code` of an error."""


class OtlpError(ValueError):
    """A body that is no OTLP."""


class OtlpTooLargeError(OtlpError):
    """A body that holds more than we take."""


class Told(Struct, frozen=True, kw_only=True):
    """One span. Attributes are those that were wanted."""

    trace: str
    span: str
    parent: str
    name: str
    role: str
    start_unix_ns: int
    end_unix_ns: int
    failed: bool
    scope: str
    """The instrumentation that made it."""
    attributes: Mapping[str, Value]
    resource: Mapping[str, Value]
    content: Sequence[tuple[str, str]] = ()


class Wanted(Struct, frozen=True, kw_only=True):
    """Which attributes are read at all: the others are never taken out of the body."""

    plain: Callable[[str], bool]
    """True of keys that hold no prompt, argument or result."""
    content: Callable[[str], bool] | None = None
    """True of keys that do; None where the user did not ask for them."""

    def longest(self, key: str) -> int:
        """How much of the text of this attribute is taken; 0 for none."""
        if self.plain(key):
            return LONGEST_TEXT
        return LONGEST_CONTENT if self.content is not None and self.content(key) else 0


class Attributes(Struct, kw_only=True):
    """The attributes of one span, being gathered: names apart from content."""

    plain: dict[str, Value] = field(default_factory=dict)
    content: list[tuple[str, str]] = field(default_factory=list)
    _seen: int = 0
    _content_length: int = 0

    @property
    def full(self) -> bool:
        """Whether no further attribute is looked at; counts those that are."""
        self._seen += 1
        return self._seen > MOST_ATTRIBUTES

    def add(self, key: str, value: Value, longest: int) -> None:
        """One that is wanted; `longest` says whether it is a name or content."""
        if longest <= LONGEST_TEXT:
            self.plain[key] = clean(value, longest) if isinstance(value, str) else value
            return
        text = clean(str(value), min(longest, MOST_CONTENT - self._content_length))
        if text:
            self._content_length += len(text)
            self.content.append((clean(key, LONGEST_TEXT), text))


def clean(text: str, longest: int) -> str:
    """The beginning of a text, as what can be written as UTF-8."""
    return text[:longest].encode("utf-8", "replace").decode("utf-8")
