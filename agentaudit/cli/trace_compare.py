"""`agentaudit trace compare`: what got slower, what got cheaper, and what is noise."""

from pathlib import Path
from typing import Annotated

import typer

from agentaudit.cli import trace_options as taken
from agentaudit.cli.checks import compared, show_comparison, told_unread
from agentaudit.cli.commands import command
from agentaudit.cli.gate import FailIf, compiled_gates, judged
from agentaudit.cli.terminal import terminal_of
from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.errors import with_doubt

app = command()


@app.command()
def trace_compare(
    context: typer.Context,
    before: Annotated[Path, typer.Argument(metavar="OLD", help="The older recording.")],
    after: Annotated[Path, typer.Argument(metavar="NEW", help="The newer one.")],
    json: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", allow_dash=True, help="The comparison as an artifact."
        ),
    ] = None,
    rules: taken.Rules = None,
    fail_if: FailIf = None,
) -> None:
    """
    What got slower and what got cheaper between two recordings.

    By request and by step. The requests of both are drawn again and again to tell changes from
    noise; what differs besides the agent (machine, load, sampler) is said. Also: `profile --compare
    OLD`.

    \b
    Examples:
      agentaudit trace compare monday.aatrace tuesday.aatrace
      agentaudit trace compare main.aatrace branch.aatrace --fail-if 'compare.p90_low > 1.1'

    Exit codes: 0 compared; 1 a --fail-if holds; 2 usage or unreadable input; 3 a recording is
    damaged or cut off, or a --fail-if asks for what was not measured; 4 both 1 and 3.
    """
    from agentaudit.profiling.breakdown import profile_of
    from agentaudit.profiling.gauges import readings_of
    from agentaudit.store.artifacts import write_artifact

    terminal = terminal_of(context, json)
    gates = compiled_gates(fail_if or (), comparing=True)
    loaded = step_rules(rules or ())
    traces = [read_trace(path, loaded) for path in (before, after)]
    comparison = compared((before.name, traces[0]), (after.name, traces[1]))
    show_comparison(comparison, terminal)
    if json is not None:
        write_artifact(comparison, json)
        terminal.note(f"comparison: {json}")
    readings = readings_of(traces[1], profile_of(traces[1], after.name), comparison)
    code = judged(gates, readings, terminal)
    unread = [
        told_unread(trace, path.name, terminal)
        for trace, path in zip(traces, (before, after), strict=True)
    ]
    raise typer.Exit(int(with_doubt(code, incomplete=any(unread))))
