"""Requests as bars of plain characters, for a terminal of any width, with or without Unicode."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from rich.text import Text

from agentaudit.model.views import Bar, BarsOfPolicy, Doing
from agentaudit.report.quantities import duration
from agentaudit.report.text import one_line

_MOST_ROWS = 12
_NARROWEST = 40
_LONGEST_NAME = 8
_MARKS = {
    Doing.ADMISSION: ("waiting for admission", "·", "."),
    Doing.QUEUE: ("in the LLM server's line", "┄", "-"),
    Doing.CPU: ("CPU", "█", "#"),
    Doing.GPU: ("LLM server", "▒", "o"),
    Doing.WAIT: ("waiting for the outside", "~", "~"),
}
"""What a request does: its name, and its mark in Unicode and in ASCII."""


class _Scale(Struct, frozen=True, kw_only=True):
    """Where times stand in a row."""

    start_ns: int
    end_ns: int
    columns: int
    marks: dict[Doing, str]


def render_bars(policies: Sequence[BarsOfPolicy], *, width: int, ascii_only: bool) -> Text:
    """The first requests under each policy, on one scale of time."""
    shown = [(policy.policy, policy.bars[:_MOST_ROWS]) for policy in policies]
    bars = [bar for _, of_policy in shown for bar in of_policy]
    names = {bar.request_id: str(bar.request_id)[-_LONGEST_NAME:] for bar in bars}
    margin = max(map(len, names.values())) + 1
    scale = _Scale(
        start_ns=min(bar.arrival_ns for bar in bars),
        end_ns=max(bar.finish_ns for bar in bars),
        columns=max(width, _NARROWEST) - margin,
        marks={doing: found[2 if ascii_only else 1] for doing, found in _MARKS.items()},
    )
    text = Text()
    for policy, of_policy in shown:
        text.append(f"\n{one_line(policy)}\n", style="bold")
        for bar in of_policy:
            text.append(f"{names[bar.request_id].rjust(margin - 1)} {_row(bar, scale)}".rstrip())
            text.append("\n")
    text.append(f"{'':{margin}}{_axis(scale)}\n", style="dim")
    for line in _key(bars, scale):
        text.append(f"{'':{margin}}{line}\n", style="dim")
    return text


def _row(bar: Bar, scale: _Scale) -> str:
    """
    A column is what the request does in the middle of its time.

    So what takes less than a column may not be seen, and is not seen longer than it takes.
    """
    span_ns = max(scale.end_ns - scale.start_ns, 1)
    edges = [bar.arrival_ns, *(stretch.end_ns for stretch in bar.stretches)]
    row = [" "] * scale.columns
    for stretch, (from_ns, to_ns) in zip(bar.stretches, pairwise(edges), strict=True):
        low, high = (
            round((at_ns - scale.start_ns) * scale.columns / span_ns) for at_ns in (from_ns, to_ns)
        )
        row[low:high] = scale.marks[stretch.doing] * (high - low)
    return "".join(row)


def _axis(scale: _Scale) -> str:
    """The times at both ends."""
    first, last = duration(scale.start_ns), duration(scale.end_ns)
    return f"{first}{last.rjust(max(scale.columns - len(first), 0))}"


def _key(bars: Sequence[Bar], scale: _Scale) -> Iterator[str]:
    """What the marks say, in lines that fit under the rows."""
    found = {stretch.doing for bar in bars for stretch in bar.stretches}
    line = ""
    for doing in Doing:
        if doing in found:
            told = f"{scale.marks[doing]} {_MARKS[doing][0]}"
            if line and len(line) + len(told) + 2 > scale.columns:
                yield line
                line = ""
            line += f"  {told}" if line else told
    yield line
