"""`--fail-if`: conditions in CEL over the numbers of a recording; the gates of CI."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.errors import ExitCode, UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.cli.terminal import Terminal
    from agentaudit.model.gate import GateResult
    from agentaudit.model.gauge import Readings
    from agentaudit.rules.statements import Statement


def _helped(conditions: list[str] | None) -> list[str] | None:
    """Help is given before anything else is asked for, such as a target."""
    if "help" in (conditions or ()):
        _explain()
    return conditions


FailIf = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-if",
        metavar="CONDITION",
        callback=_helped,
        is_eager=True,
        help=(
            "End with code 1 if this holds, such as 'cpu_share > 0.6 && p90_s > 5'; 3 if it asks"
            " for what was not measured. Repeatable. 'help' lists what can be asked."
        ),
    ),
]


def compiled_gates(conditions: Sequence[str], *, comparing: bool) -> "tuple[Statement, ...]":
    """
    The gates, checked before anything is recorded.

    Raises UsageError with every condition that cannot be asked, and what can be.
    """
    if not conditions:
        return ()
    from agentaudit.model.gauge import GAUGES
    from agentaudit.rules.conditions import ConditionError
    from agentaudit.rules.statements import compile_statement

    names = [gauge.name for gauge in GAUGES if comparing or not gauge.comparing]
    gates, problems = [], []
    for condition in conditions:
        try:
            gates.append(compile_statement(condition, names))
        except ConditionError as error:
            problems.append(_told(condition, error, comparing=comparing))
    if problems:
        problems.append(f"a condition can ask for: {', '.join(names)}")
        raise UsageError("\n".join(problems))
    return tuple(gates)


def judged(gates: "Sequence[Statement]", readings: "Readings", terminal: "Terminal") -> ExitCode:
    """What the gates say of a recording, shown with the numbers that decided it."""
    from agentaudit.model.gate import GateStatus
    from agentaudit.report.gate_lines import render_gates

    results = [_result(gate, readings) for gate in gates]
    for line in render_gates(results):
        terminal.out.print(line)
    statuses = {result.status for result in results}
    return exit_code(
        failed=GateStatus.FAIL in statuses, incomplete=GateStatus.NOT_COMPUTED in statuses
    )


def _result(gate: "Statement", readings: "Readings") -> "GateResult":
    from agentaudit.model.gate import GateResult, GateStatus

    statuses = {True: GateStatus.FAIL, False: GateStatus.PASS, None: GateStatus.NOT_COMPUTED}
    return GateResult(
        condition=gate.source,
        status=statuses[gate.holds(readings)],
        readings=tuple((name, readings.get(name)) for name in gate.asked),
    )


def _told(condition: str, error: "Exception", *, comparing: bool) -> str:
    column = getattr(error, "column", 1)
    hint = ""
    if "compare." in condition and not comparing:
        hint = " (compare.* needs an older recording: --compare OLD)"
    return f"--fail-if {condition!r}:{column}: {error}{hint}"


def _explain() -> None:
    from agentaudit.report.gate_lines import render_gauges

    typer.echo("A condition over these numbers, in CEL: && || ! ( ) < <= == > >= + - * /\n")
    typer.echo(render_gauges().plain)
    raise typer.Exit(int(ExitCode.PASS))
