"""`agentaudit trace export`: recordings for other programs."""

from collections.abc import Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli import trace_options as taken
from agentaudit.cli.checks import told_unread
from agentaudit.cli.commands import command
from agentaudit.cli.terminal import terminal_of
from agentaudit.cli.traces import step_rules
from agentaudit.errors import UsageError, exit_code
from agentaudit.standard_output import STANDARD_OUTPUT

if TYPE_CHECKING:
    from agentaudit.model.recording import Recording
    from agentaudit.model.trace import Trace


class Format(StrEnum):
    """What a recording may be exported as."""

    PARQUET = "parquet"
    PERFETTO = "perfetto"
    SPEEDSCOPE = "speedscope"
    OTLP = "otlp"


_ENDINGS = {
    Format.PERFETTO: ".perfetto.json",
    Format.SPEEDSCOPE: ".speedscope.json",
    Format.OTLP: ".otlp.jsonl",
}

app = command()


@app.command()
def trace_export(
    context: typer.Context,
    recording: taken.Recording,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="What it becomes.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            allow_dash=True,
            help="The file, or the folder of the Parquet dataset.",
        ),
    ] = None,
    rules: taken.Rules = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """
    A recording for other programs, as Perfetto or Parquet.

    Prompts, arguments and results are in none of them. parquet: a dataset partitioned by host and
    day (recordings, requests, steps, processes, samples) to which every export adds, for `trace
    summarize`, pandas, DuckDB or Spark; needs the extra agentaudit[parquet]. perfetto: a timeline
    for ui.perfetto.dev. speedscope: stacks for speedscope.app. otlp: requests and steps as spans,
    one document a line.

    \b
    Examples:
      agentaudit trace export run.aatrace --format perfetto
      agentaudit trace export run.aatrace --format parquet -o fleet/
      agentaudit trace export run.aatrace --format otlp -o run.otlp.jsonl

    Exit codes: 0 exported; 2 usage or unreadable input; 3 exported, but the recording is damaged or
    cut off.
    """
    from agentaudit.profiling.attribution import trace_of
    from agentaudit.store.placing import write_whole
    from agentaudit.store.recording import read_recording

    terminal = terminal_of(context)
    if form is Format.PARQUET and find_spec("pyarrow") is None:
        raise UsageError("Parquet needs the extra: pip install 'agentaudit[parquet]'")
    found = read_recording(recording)
    trace = trace_of(found, step_rules(rules or ()))
    if form is Format.PARQUET:
        root = output or Path("dataset")
        if root == STANDARD_OUTPUT:
            raise UsageError("--output - is no folder; a Parquet dataset is one")
        written = _dataset(trace, recording, root, overwrite=force)
        terminal.note(f"dataset: {len(written)} tables in {root}")
    else:
        path = output or recording.with_name(recording.stem + _ENDINGS[form])
        size = write_whole(path, _document(form, found, trace, recording), overwrite=force)
        terminal.note(f"{form.value}: {path} ({size / 1e6:.1f} MB)")
    incomplete = told_unread(trace, recording.name, terminal)
    raise typer.Exit(int(exit_code(failed=False, incomplete=incomplete)))


def _document(
    form: Format, recording: "Recording", trace: "Trace", path: Path
) -> "Iterator[bytes]":
    from agentaudit.store.export_otlp import otlp
    from agentaudit.store.export_perfetto import perfetto
    from agentaudit.store.export_speedscope import speedscope

    match form:
        case Format.PERFETTO:
            return perfetto(trace)
        case Format.SPEEDSCOPE:
            return speedscope(recording, path.name, (trace.start_ns, trace.end_ns))
        case _:
            return otlp(trace)


def _dataset(trace: "Trace", recording: Path, root: Path, *, overwrite: bool) -> list[Path]:
    from agentaudit.profiling.breakdown import unix_ns
    from agentaudit.profiling.dataset import more_rows_of, rows_of
    from agentaudit.store.export_parquet import write_dataset

    start_unix_ns = unix_ns(trace.clocks, trace.start_ns)
    tables = {**rows_of(trace, recording.name), **more_rows_of(trace, recording.name)}
    place = (trace.host.name, start_unix_ns, f"{recording.stem}-{start_unix_ns}")
    return write_dataset(tables, root, place, overwrite=overwrite)
