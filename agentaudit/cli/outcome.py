"""How a command ends, whatever it audited: what it writes, and the severity that fails it."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentaudit.errors import UsageError
from agentaudit.standard_output import STANDARD_OUTPUT, print_bytes

if TYPE_CHECKING:
    from agentaudit.model.finding import Severity

FormatT = TypeVar("FormatT", bound=StrEnum)


class Threshold(StrEnum):
    """The least severity that fails a run."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


def reached(threshold: Threshold, severities: "Iterable[Severity]") -> bool:
    """Whether one of the severities fails the run."""
    from agentaudit.model.finding import Severity

    if threshold is Threshold.NEVER:
        return False
    least = Severity(threshold.value).rank
    return any(severity.rank >= least for severity in severities)


def formats_of(
    outputs: Sequence[Path],
    asked: FormatT | None,
    by_suffix: Mapping[str, Sequence[FormatT]],
    *,
    shown: bool = False,
) -> Mapping[Path, FormatT]:
    """
    The format of each file: the one asked for where its suffix allows that, else the suffix's own.

    A suffix may stand for several formats, the first of which is its own; one that is not known
    allows all. UsageError where a file has no format, or where none is in the one asked for, unless
    it is `shown` on standard output.
    """
    known = ", ".join(by_suffix)
    chosen: dict[Path, FormatT] = {}
    for path in outputs:
        allowed = by_suffix.get("".join(path.suffixes[-2:])) or by_suffix.get(path.suffix)
        if asked is not None and (allowed is None or asked in allowed):
            chosen[path] = asked
        elif allowed is not None:
            chosen[path] = allowed[0]
        else:
            raise UsageError(f"{path}: give --format, or a name that ends in one of {known}")
    if asked is not None and not shown and asked not in chosen.values():
        endings = ", ".join(suffix for suffix, each in by_suffix.items() if asked in each)
        ending = f"one that ends in {endings}" if endings else "- for standard output"
        raise UsageError(f"--format {asked}: no --output is for it; give {ending}")
    return chosen


def write_text(path: Path, text: str | bytes) -> None:
    """The text in a file, its folders made, or on `-`; UsageError says why it cannot be written."""
    write_pieces(path, (text.encode() if isinstance(text, str) else text,))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """The same in pieces, made while they are written; until the first, what lies there stays."""
    if path == STANDARD_OUTPUT:
        print_bytes(pieces)
        return
    coming = iter(pieces)
    begun = next(coming, b"")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(begun)
            file.writelines(coming)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
