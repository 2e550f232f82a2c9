"""A comparison on a terminal: what it says, the measures that moved, and what else differs."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.comparison import (
    Change,
    Comparison,
    Direction,
    Measure,
    ShareChange,
    Side,
    Subject,
)
from agentaudit.report.tables.profile import seconds
from agentaudit.report.text import one_line

_MARKS = {
    Direction.GREW: ("▲", "red"),
    Direction.SHRANK: ("▼", "green"),
    Direction.SAME: ("=", "dim"),
    Direction.APPEARED: ("+", "yellow"),
    Direction.VANISHED: ("-", "yellow"),
    Direction.UNKNOWN: ("?", "magenta"),
}
_MEASURES = {
    Measure.CPU: "CPU",
    Measure.WALL: "wall",
    Measure.LATENCY_P50: "latency P50",
    Measure.LATENCY_P90: "latency P90",
    Measure.WALL_P50: "call P50",
    Measure.WALL_P90: "call P90",
}
_NAME, _TIME, _CHANGE, _INTERVAL = 24, 8, 8, 14
_MOST_ROWS = 24
_NARROWEST = 40


def render_comparison(comparison: Comparison, *, width: int, everything: bool = False) -> Text:
    """At 80 columns nothing wraps but prose; measures that did not move are counted only."""
    width = max(width, _NARROWEST)
    text = Text()
    _append_prose(text, _opening(comparison), width, style="bold")
    for word, side in (("then", comparison.before), ("now", comparison.after)):
        text.append(f"  {word:<5} {_side(side)}\n", style="dim")
    _append_changes(text, comparison, everything=everything)
    _append_shares(text, comparison.shares)
    if comparison.differences:
        text.append("\nWhat else differs, and may be the reason\n", style="bold")
        for sentence in comparison.differences:
            _append_prose(text, one_line(sentence), width, first="- ", rest="  ")
    return text


def _opening(comparison: Comparison) -> str:
    grown, shrunk = comparison.grown, comparison.shrunk
    judged = [c for c in comparison.changes if c.ratio is not None]
    if not judged:
        few = min(comparison.before.requests, comparison.after.requests)
        return (
            f"Cannot say what changed by request: one side has {counted(few, 'whole request')}"
            " only. Record for longer, or under more load."
        )
    if not grown and not shrunk:
        return f"No change beyond noise, in {counted(len(judged), 'measure')}."
    said = []
    if grown:
        said.append(f"{counted(len(grown), 'measure')} grew")
    if shrunk:
        said.append(f"{counted(len(shrunk), 'measure')} shrank")
    most = max((*grown, *shrunk), key=lambda change: abs(change.difference_ns))
    return (
        f"Beyond noise, {' and '.join(said)}, of {len(judged)}."
        f" The largest: {_MEASURES[most.measure]} of {_name(most)}, {_ratio(most.ratio)}."
    )


def _side(side: Side) -> str:
    where = f"{one_line(side.host)}, {counted(side.cores, 'core')}" if side.cores else "imported"
    return (
        f"{one_line(side.recording)}: {counted(side.requests, 'whole request')} in"
        f" {seconds(side.duration_ns)} ({where})"
    )


def _append_changes(text: Text, comparison: Comparison, *, everything: bool) -> None:
    shown = [change for change in comparison.changes if everything or _moving(change)]
    for subject in Subject:
        members = [change for change in shown if change.subject is subject]
        if not members:
            continue
        heading = f"{_SUBJECTS[subject]:<{_NAME + 14}}{'then':>{_TIME}} {'now':>{_TIME}}"
        text.append(f"\n{heading}{'change':>{_CHANGE}}  95 %\n", style="dim")
        for change in members[:_MOST_ROWS]:
            mark, style = _MARKS[change.direction]
            text.append(f"{mark} ", style=style)
            text.append(f"{_row(change)}\n", style="dim" if mark == "=" else "")
        if len(members) > _MOST_ROWS:
            text.append(f"  … and {len(members) - _MOST_ROWS} more\n", style="dim")
    hidden = [change for change in comparison.changes if change not in shown]
    _append_hidden(text, hidden)


def _moving(change: Change) -> bool:
    """Worth a row; of what is new or gone one measure says enough."""
    if change.subject is Subject.ALL:
        return True
    if change.direction in {Direction.APPEARED, Direction.VANISHED}:
        return change.measure not in {Measure.LATENCY_P90, Measure.WALL_P90}
    return change.direction in {Direction.GREW, Direction.SHRANK}


def _append_hidden(text: Text, hidden: Sequence[Change]) -> None:
    same = sum(change.direction is Direction.SAME for change in hidden)
    unsure = sum(change.direction is Direction.UNKNOWN for change in hidden)
    notes = []
    if same:
        notes.append(f"= {counted(same, 'more measure')}: no change beyond noise")
    if unsure:
        notes.append(f"? {counted(unsure, 'more measure')}: too few requests to say")
    if notes:
        text.append("\n")
    for note in notes:
        text.append(f"{note} (-v shows them)\n", style="dim")


_SUBJECTS = {
    Subject.ALL: "by request",
    Subject.REQUEST_TYPE: "by request of a type",
    Subject.KIND: "by request, in a step kind",
    Subject.STEP: "in a step",
}


def _row(change: Change) -> str:
    name = _name(change)
    if len(name) >= _NAME:
        name = f"{name[: _NAME - 2]}…"
    then, now = (
        "none" if time is None else seconds(time) for time in (change.before_ns, change.after_ns)
    )
    return (
        f"{name:<{_NAME}}{_MEASURES[change.measure]:<12}{then:>{_TIME}} {now:>{_TIME}}"
        f"{_moved(change):>{_CHANGE}}  {_interval(change):<{_INTERVAL}}"
    ).rstrip()


def _name(change: Change) -> str:
    return one_line(change.name) or "(no name)"


def _moved(change: Change) -> str:
    if change.direction in {Direction.APPEARED, Direction.VANISHED}:
        return change.direction.value
    return _ratio(change.ratio)


_TWOFOLD = 10


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return "?"
    if ratio >= _TWOFOLD:
        return f"x{ratio:.0f}"
    percents = round((ratio - 1) * 100)
    return f"{percents:+d}%" if percents else "same"


def _interval(change: Change) -> str:
    if change.ratio_low is None or change.ratio_high is None:
        return ""
    return f"{_ratio(change.ratio_low)} to {_ratio(change.ratio_high)}"


def _append_shares(text: Text, shares: Sequence[ShareChange]) -> None:
    if not shares:
        return
    text.append(f"\n{'share of CPU time':<{_NAME}}{'then':>18}{'now':>20}\n", style="dim")
    for share in shares:
        mark = ("▲" if share.after > share.before else "▼") if share.beyond_noise else "="
        text.append(f"{mark} ", style="yellow" if share.beyond_noise else "dim")
        then, now = _of(share)
        text.append(f"{share.kind.value:<{_NAME}}{then:>16}{now:>20}\n")


def _of(share: ShareChange) -> Iterator[str]:
    for value, low, high in (
        (share.before, share.before_low, share.before_high),
        (share.after, share.after_low, share.after_high),
    ):
        yield f"{value:.0%} ({low:.0%} to {high:.0%})"


def _append_prose(
    text: Text, sentence: str, width: int, *, style: str = "", first: str = "", rest: str = ""
) -> None:
    for line in textwrap.wrap(
        sentence, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ):
        text.append(f"{line}\n", style=style)
