"""How right a recording is on this machine, as a table on a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.accuracy import Check, Outcome, SelfTest
from agentaudit.report.text import one_line

_MARKS = {
    Outcome.PASS: ("✓", "green"),
    Outcome.FAIL: ("✗", "red"),
    Outcome.UNKNOWN: ("?", "yellow"),
}


def render_selftest(result: SelfTest) -> RenderableType:
    """The verdict, a row for each claim, and what could not be checked with its reason."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("", "agent", "claim"):
        table.add_column(name, no_wrap=True)
    for name in ("truth", "recorded", "off by", "limit"):
        table.add_column(name, justify="right", no_wrap=True)
    for check in result.checks:
        mark, style = _MARKS[check.outcome]
        table.add_row(
            Text(mark, style=style),
            check.group,
            check.claim,
            check.truth,
            check.measured,
            _off(check),
            f"{check.limit:g}",
        )
    notes = [
        Text(one_line(f"{check.group}: {check.note}"), overflow="fold")
        for check in result.checks
        if check.note
    ]
    about = f"{result.machine}; agents on {result.python}"
    return Group(
        Text(_verdict(result.checks), style="bold"), Text(one_line(about)), Text(), table, *notes
    )


def _off(check: Check) -> str:
    if check.off is None:
        return "?"
    return f"{check.off:.2f} {check.unit}" if check.unit else f"{check.off:.0f}"


def _verdict(checks: Sequence[Check]) -> str:
    failed = sum(check.outcome is Outcome.FAIL for check in checks)
    unknown = sum(check.outcome is Outcome.UNKNOWN for check in checks)
    if failed:
        verb = "does" if failed == 1 else "do"
        return f"{counted(failed, 'claim')} of {len(checks)} {verb} not hold on this machine."
    if unknown:
        return f"{counted(unknown, 'claim')} of {len(checks)} could not be checked."
    return f"All {counted(len(checks), 'claim')} hold on this machine."
