"""How a command ends, whatever it audited: what it writes, and the severity that fails it."""

from collections.abc import Iterable, Mapping
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


def format_by_suffix(
    path: Path, by_suffix: Mapping[str, FormatT], *, otherwise: FormatT | None = None
) -> FormatT:
    """The format that a file's name says, or the other; UsageError where there is neither."""
    chosen = by_suffix.get("".join(path.suffixes[-2:])) or by_suffix.get(path.suffix, otherwise)
    if chosen is None:
        known = ", ".join(by_suffix)
        raise UsageError(f"{path}: give --format, or a name that ends in one of {known}")
    return chosen


def write_text(path: Path, text: str | bytes) -> None:
    """The text in a file, its folders made, or on `-`; UsageError says why it cannot be written."""
    content = text.encode() if isinstance(text, str) else text
    if path == STANDARD_OUTPUT:
        print_bytes((content,))
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
