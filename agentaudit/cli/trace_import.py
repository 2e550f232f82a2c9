"""`agentaudit trace import`: recordings from traces that other programs wrote."""

from pathlib import Path
from typing import Annotated

import typer

from agentaudit.cli.collection import nothing_collected
from agentaudit.cli.commands import command
from agentaudit.cli.importing import (
    Source,
    Survey,
    format_named,
    imported,
    lacks,
    not_read,
    speed_of,
)
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import UsageError, exit_code

_DAY_NS = 86_400_000_000_000
_LONG_NS = 2 * _DAY_NS

app = command()


@app.command()
def trace_import(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="JSON lines, JSON, CSV, Parquet; also .gz."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The recording (*.aatrace)."),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="NAME", help="The format; auto looks at the first rows."
        ),
    ] = "auto",
    tokens_per_s: Annotated[
        str | None,
        typer.Option(
            metavar="PROMPT:GENERATED",
            help="How fast to assume the model, where a trace does not say how long calls took.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Only so many sessions or traces, the first ones."),
    ] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="Leave out rows that cannot be read.")
    ] = False,
) -> None:
    """
    A recording from a trace that another program wrote.

    It can be shown, compared and replayed. Formats: otlp (JSON lines of the Collector's file
    exporter), langsmith, langfuse, tracelab, tracelab-replay, copilot, claude-code, codex,
    agentic-mooncake, mooncake, azure, burstgpt. Prompts, arguments and answers are never read. Such
    a recording holds when steps began and ended, and no CPU time: nothing was measured.

    \b
    Examples:
      agentaudit trace import runs.csv -o runs.aatrace
      agentaudit trace import syfi_coding_trace.jsonl.gz --limit 200 -o coding.aatrace
      agentaudit trace import AzureLLMInferenceTrace_code.csv --tokens-per-s 8000:60
      agentaudit simulate scheduler coding.aatrace

    Exit codes: 0 imported; 2 usage or unreadable input; 3 imported, but rows were left out, or the
    recording that was exported had not been read whole.
    """
    terminal = terminal_of(context)
    source = Source(tuple(files), format_named(files, form), speed_of(tokens_per_s), limit)
    path = output or Path(f"{files[0].name.split('.')[0]}.aatrace")
    if path.exists():
        raise UsageError(f"{path} exists already: recordings are never overwritten")
    with terminal.progress(f"reading {source.form}"), nothing_collected():
        survey = imported(source, path, allow_incomplete=allow_incomplete)
    _told(terminal, survey, path)
    incomplete = bool(survey.notes.bad_rows or survey.notes.unread)
    raise typer.Exit(int(exit_code(failed=False, incomplete=incomplete)))


def _told(terminal: Terminal, survey: Survey, path: Path) -> None:
    from agentaudit.lists import counted
    from agentaudit.report.quantities import duration

    length_ns = survey.end_ns - survey.start_ns
    length = duration(length_ns) if length_ns < _LONG_NS else f"{length_ns / _DAY_NS:,.1f} days"
    terminal.out.print(
        f"{path}: {counted(survey.spans, 'operation')} of {counted(len(survey.traces), 'trace')},"
        f" {length} from first to last",
        soft_wrap=True,
    )
    for what, lost in (*lacks(survey.notes), *not_read(survey.notes)):
        terminal.note(f"not in it: {lost} ({what})")
