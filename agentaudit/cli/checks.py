"""What a command holds a recording against: an older one (`--compare`), and gates (`--fail-if`)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from agentaudit import __version__
from agentaudit.cli.gate import compiled_gates, judged
from agentaudit.cli.traces import read_trace
from agentaudit.errors import ExitCode, with_doubt

if TYPE_CHECKING:
    from agentaudit.cli.terminal import Terminal
    from agentaudit.model.comparison import Comparison
    from agentaudit.model.profile import Profile
    from agentaudit.model.rule import LabelRules
    from agentaudit.model.trace import Trace
    from agentaudit.rules.statements import Statement

Compare = Annotated[
    Path | None,
    typer.Option("--compare", metavar="OLD", help="An older recording: tell what got slower."),
]


class Checks(Struct, frozen=True, kw_only=True):
    """Conditions and an older recording, ready before anything new is recorded."""

    gates: "tuple[Statement, ...]"
    older: "tuple[str, Trace] | None"

    def told(self, trace: "Trace", profile: "Profile", terminal: "Terminal") -> ExitCode:
        """What they say of a recording, shown; the code to end with."""
        from agentaudit.model.reading import unread

        comparison = None
        if self.older is not None:
            comparison = compared(self.older, (profile.recording, trace))
            terminal.out.print()
            show_comparison(comparison, terminal)
        code = self._judged(trace, profile, comparison, terminal)
        traces = [trace, *([self.older[1]] if self.older is not None else [])]
        return with_doubt(code, incomplete=any(unread(one.incidents) for one in traces))

    def _judged(
        self,
        trace: "Trace",
        profile: "Profile",
        comparison: "Comparison | None",
        terminal: "Terminal",
    ) -> ExitCode:
        if not self.gates:
            return ExitCode.PASS
        from agentaudit.profiling.gauges import readings_of

        return judged(self.gates, readings_of(trace, profile, comparison), terminal)


def checks_of(
    fail_if: Sequence[str] | None, older: Path | None, rules: "Callable[[], LabelRules]"
) -> Checks:
    """Raises UsageError for a condition that cannot be asked, InputError for a bad recording."""
    gates = compiled_gates(fail_if or (), comparing=older is not None)
    if older is None:
        return Checks(gates=gates, older=None)
    return Checks(gates=gates, older=(older.name, read_trace(older, rules())))


def told_unread(trace: "Trace", name: str, terminal: "Terminal") -> bool:
    """Whether something of a recording could not be read; then it is told."""
    from agentaudit.model.reading import unread

    missing = unread(trace.incidents)
    for incident in missing:
        terminal.note(f"{name}: not read: {incident.lost} ({incident.what})")
    return bool(missing)


def compared(older: "tuple[str, Trace]", newer: "tuple[str, Trace]") -> "Comparison":
    """Two traces with the names of their files."""
    from agentaudit.profiling.comparison import compare

    return compare(older[1], newer[1], (older[0], newer[0]), version=__version__)


def show_comparison(comparison: "Comparison", terminal: "Terminal") -> None:
    from agentaudit.report.tables.comparison import render_comparison

    out = terminal.out
    text = render_comparison(comparison, width=out.width, everything=terminal.verbose)
    out.print(text, end="", soft_wrap=True)
