"""How a command ends, whatever it audited: what it writes, and the severity that fails it."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.model.finding import Severity


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


def write_text(path: Path, text: str | bytes) -> None:
    """The text in a file, its folders made; UsageError says why it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def print_file(pieces: Iterable[bytes]) -> None:
    """What a file would hold, on standard output: UTF-8, whatever the terminal's own encoding."""
    stream = typer.get_binary_stream("stdout")
    stream.writelines(pieces)
    stream.flush()
