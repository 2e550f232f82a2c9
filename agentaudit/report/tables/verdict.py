"""The verdict on a terminal: readable at 80 columns, and with no colour."""

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agentaudit.model.decision import Decision, Report
from agentaudit.model.gate import Gate, GateStatus
from agentaudit.report.text import one_line
from agentaudit.report.tones import GATE_TONES, STATUS_TONES, VERDICT_TONES, Tone

_STYLES = {
    Tone.GOOD: "green",
    Tone.BAD: "red",
    Tone.WARN: "yellow",
    Tone.UNKNOWN: "magenta",
    Tone.MUTED: "dim",
    Tone.PLAIN: "",
}
_SIGNS = {Tone.GOOD: "✓", Tone.BAD: "✗", Tone.WARN: "!", Tone.UNKNOWN: "?"}
_EVIDENCE_SHOWN = 3
_CHANGES_SHOWN = 3


def verdict_table(report: Report) -> RenderableType:
    """The verdict, the three decisions with their evidence, and what would change it."""
    return Group(
        _panel(report),
        *(_decision(decision) for decision in report.decisions),
        *_conditions(report.gates),
        *_changes(report.would_change),
    )


def _panel(report: Report) -> Panel:
    tone = VERDICT_TONES[report.verdict]
    verdict = Text(f"{_SIGNS[tone]} {report.verdict.upper()}", style=f"bold {_STYLES[tone]}")
    return Panel(
        Group(verdict, Text(one_line(report.reason))),
        title=Text(one_line(report.subject)),
        title_align="left",
        border_style=_STYLES[tone],
        box=box.ROUNDED,
        padding=(0, 1),
    )


def _decision(decision: Decision) -> RenderableType:
    tone = STATUS_TONES[decision.status]
    head = Text.assemble(
        (decision.question, "bold"),
        "\n",
        (f"{_SIGNS[tone]} {decision.status}", _STYLES[tone]),
    )
    lines = Table.grid(padding=(0, 1))
    lines.add_column(width=1)
    lines.add_column(overflow="fold")
    for item in decision.evidence[:_EVIDENCE_SHOWN]:
        sign = Text("✓", style="green") if item.good else Text("✗", style="red")
        said = Text.assemble(one_line(item.text), "  ", (one_line(item.place), "dim"))
        lines.add_row(sign, said)
    rest = len(decision.evidence) - _EVIDENCE_SHOWN
    if rest > 0:
        lines.add_row("", Text(f"and {rest} more in the report", style="dim"))
    body = Group(Text(one_line(decision.answer)), lines)
    return Group(head, Padding(body, (0, 0, 1, 2)))


def _conditions(gates: tuple[Gate, ...]) -> tuple[RenderableType, ...]:
    """The conditions beyond the three decisions, which were shown above."""
    shown = [gate for gate in gates if gate.id in ("findings", "paths", "coverage")]
    if not shown:
        return ()
    lines = Table.grid(padding=(0, 1))
    lines.add_column(width=1)
    lines.add_column(overflow="fold")
    for gate in shown:
        tone = GATE_TONES[gate.status]
        sign = Text(_SIGNS[tone], style=_STYLES[tone])
        lines.add_row(sign, Text(f"{gate.condition}: {one_line(gate.actual)}{_aside(gate)}"))
    return (Text("Further conditions", style="bold"), Padding(lines, (0, 0, 1, 2)))


def _aside(gate: Gate) -> str:
    return " (not computed)" if gate.status is GateStatus.NOT_COMPUTED else ""


def _changes(changes: tuple[str, ...]) -> tuple[RenderableType, ...]:
    if not changes:
        return ()
    lines = Table.grid(padding=(0, 1))
    lines.add_column(width=2)
    lines.add_column(overflow="fold")
    for number, change in enumerate(changes[:_CHANGES_SHOWN], 1):
        lines.add_row(f"{number}.", Text(one_line(change)))
    return (Text("What would change it", style="bold"), Padding(lines, (0, 0, 1, 2)))
