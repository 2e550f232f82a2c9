"""Sizes and durations as configurations write them, in bytes and seconds."""

from agentaudit.expressions import regex

FOR_EVER_S = 10**12
"""Nobody sees the end of it: `1e999` minutes are no limit."""
_SIZE = regex(r"^(?P<number>\d{1,18}(?:\.\d{1,9})?)\s*(?P<unit>[a-zA-Z]*)$")
_UNITS = {"": 1, "b": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BINARY = {"ki": 1024, "mi": 1024**2, "gi": 1024**3, "ti": 1024**4}
_BINARY |= {"kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}
_SECONDS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}

_PART = regex(r"(\d{1,12}(?:\.\d{1,9})?)([hms])")


def bytes_of(text: str) -> int | None:
    """A size such as `512Mi`, `256mb` or `1g`; None for what is none."""
    found = _SIZE.match(text.strip())
    if found is None:
        return None
    unit = found["unit"].lower()
    factor = {**_UNITS, **_BINARY}.get(unit)
    return int(float(found["number"]) * factor) if factor is not None else None


def docker_bytes_of(text: str) -> int | None:
    """A size as Docker has it (go-units, RAMInBytes): `k`, `m` and `g` are powers of 1,024."""
    size = text.strip()
    return bytes_of(f"{size}b" if size[-1:].lower() in _UNITS.keys() - {"b"} else size)


def seconds_of(text: str, unit: str = "s") -> int | None:
    """A duration such as `24h`, or a bare number in the given unit; None for what is none."""
    found = _SIZE.match(text.strip())
    if found is None:
        return None
    factor = _SECONDS.get(found["unit"].lower() or unit)
    return int(float(found["number"]) * factor) if factor is not None else None


def compound_seconds_of(text: str) -> int | None:
    """A duration of Go and of its users, such as `2160h0m0s`, or what `seconds_of` takes."""
    parts = _PART.findall(text.strip())
    if len(parts) < 2 or "".join(f"{number}{unit}" for number, unit in parts) != text.strip():  # noqa: PLR2004 - one part is no compound
        return seconds_of(text)
    return int(sum(float(number) * _SECONDS[unit] for number, unit in parts))
