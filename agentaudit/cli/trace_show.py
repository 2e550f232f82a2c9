"""`agentaudit trace show`: the breakdown of a recording."""

from pathlib import Path
from typing import Annotated

import typer

from agentaudit.cli import trace_options as taken
from agentaudit.cli.checks import Compare, checks_of
from agentaudit.cli.commands import command
from agentaudit.cli.gate import FailIf
from agentaudit.cli.terminal import terminal_of
from agentaudit.cli.traces import read_trace, step_rules

app = command()


@app.command()
def show(
    context: typer.Context,
    recording: taken.Recording,
    json: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            allow_dash=True,
            help="The breakdown as an artifact (profile.json).",
        ),
    ] = None,
    rules: taken.Rules = None,
    request_frame: Annotated[
        list[str] | None,
        typer.Option(
            "--request-frame", metavar="FILE.PY:FUNCTION", help="What serves one request."
        ),
    ] = None,
    compare: Compare = None,
    fail_if: FailIf = None,
) -> None:
    """
    The breakdown of a recording, also of one that still grows.

    One that was cut off is shown as far as it goes.

    \b
    Examples:
      agentaudit trace show run.aatrace
      agentaudit trace show run.aatrace --rules my-steps/ --json profile.json
      agentaudit trace show run.aatrace --fail-if 'cpu_share > 0.6' --compare old.aatrace

    Exit codes: 0 shown, also while it is written; 1 a --fail-if holds; 2 usage or unreadable input;
    3 its file is damaged or cut off, or what a --fail-if asks for was not measured; 4 both 1 and 3.
    """
    from agentaudit.profiling.breakdown import profile_of
    from agentaudit.report.tables.profile import render_profile

    terminal = terminal_of(context, json)
    known = step_rules(rules or (), request_frame or ())
    checks = checks_of(fail_if, compare, lambda: known)
    trace = read_trace(recording, known)
    result = profile_of(trace, recording.name)
    terminal.out.print(render_profile(result))
    if json is not None:
        from agentaudit.store.artifacts import write_artifact

        write_artifact(result, json)
        terminal.note(f"breakdown: {json}")
    raise typer.Exit(int(checks.told(trace, result, terminal)))
