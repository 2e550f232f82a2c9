"""`agentaudit trace summarize`: the breakdown of many hosts."""

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit import __version__
from agentaudit.cli.commands import command
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.errors import IncompleteError, InputError, UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.model.fleet import Part
    from agentaudit.store.dataset_files import DataFile, Wanted

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

app = command()


@app.command()
def trace_summarize(
    context: typer.Context,
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="DATASET|RECORDING...", help="Folders of Parquet, or *.aatrace."),
    ],
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask cluster that reads, such as tcp://host:8786."),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="NAME", help="Only hosts whose name fits, such as 'web-*'.")
    ] = "*",
    since: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Only this day and later, in UTC.")
    ] = "",
    until: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Only this day and earlier, in UTC.")
    ] = "",
    json: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            allow_dash=True,
            help="The numbers as an artifact (fleet.json).",
        ),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", metavar="DIR", help="Step rules of your own, for *.aatrace."),
    ] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 though parts are missing.")
    ] = False,
) -> None:
    """
    Where the time of many hosts goes.

    By step kind, by type of request and by host. A DATASET is what `trace export --format parquet`
    of many hosts writes, partitioned by host and day. It is read file by file, so it may be larger
    than memory, here with pandas or on a Dask cluster, whose workers read it themselves: the
    numbers are the same.

    \b
    Examples:
      agentaudit trace summarize traces/
      agentaudit trace summarize /shared/traces --since 2026-11-01 --scheduler tcp://dask:8786
      agentaudit trace summarize recordings/*.aatrace --json fleet.json

    Exit codes: 0 summed up; 2 usage, or no dataset; 3 partitions or recordings that cannot be read
    whole, which are named.
    """
    from agentaudit.model.fleet import together
    from agentaudit.profiling.fleet import fleet_of
    from agentaudit.report.tables.fleet import render_fleet
    from agentaudit.store.artifacts import write_artifact
    from agentaudit.store.dataset_files import Wanted

    terminal = terminal_of(context, json)
    wanted = Wanted(host=host, since=_day(since, "--since"), until=_day(until, "--until"))
    parts = _parts(inputs, wanted, scheduler, terminal)
    recordings = _of_recordings(
        [path for path in inputs if not path.is_dir()], wanted, tuple(rules or ())
    )
    fleet = fleet_of(together([*parts, *recordings]), version=__version__)
    if not fleet.recordings and not fleet.problems:
        raise IncompleteError("no recording is in the partitions that were asked for")
    out = terminal.out
    shown = render_fleet(fleet, width=out.width, everything=terminal.verbose)
    out.print(shown, end="", soft_wrap=True)
    if json is not None:
        write_artifact(fleet, json)
        terminal.note(f"fleet: {json}")
    incomplete = bool(fleet.problems) and not allow_incomplete
    raise typer.Exit(int(exit_code(failed=False, incomplete=incomplete)))


def _parts(
    inputs: Sequence[Path], wanted: "Wanted", scheduler: str | None, terminal: Terminal
) -> "Iterator[Part]":
    """The datasets, file by file, here or on the cluster, added up as they come."""
    from agentaudit.model.fleet import Part, together
    from agentaudit.store.dataset_files import dataset_files

    files: list[DataFile] = []
    for root in inputs:
        if root.is_dir():
            found, problems = dataset_files(root.absolute(), wanted)
            files.extend(found)
            yield Part(problems=problems)
    summed = Part()
    with terminal.progress("summing up", total=len(files)) as shown:
        for done, part in enumerate(_summed(files, scheduler), start=1):
            summed = together((summed, part))
            shown(done)
    yield summed


def _summed(files: "Sequence[DataFile]", scheduler: str | None) -> "Iterator[Part]":
    if scheduler is not None:
        from agentaudit.store.cluster import parts_on_cluster

        return parts_on_cluster(scheduler, files)
    if not files:
        return iter(())
    if find_spec("pyarrow") is None:
        raise UsageError("Parquet needs the extra: pip install agentaudit[cluster]")
    from agentaudit.store.dataset_parts import part_of_file

    return (part_of_file(file) for file in files)


def _of_recordings(
    paths: Sequence[Path], wanted: "Wanted", rules: Sequence[Path]
) -> "Iterator[Part]":
    """Recordings themselves; one that cannot be read is named, and the others count."""
    from agentaudit.model.fleet import Part
    from agentaudit.profiling.fleet import part_of_trace

    if not paths:
        return
    known = step_rules(rules)
    for path in paths:
        try:
            trace = read_trace(path, known)
        except InputError as error:
            yield Part(problems=tuple(str(problem) for problem in error.problems))
            continue
        part = part_of_trace(trace, path.name)
        if all(wanted.has(*day) for day in part.recordings):
            yield part


def _day(text: str, option: str) -> str:
    if text and not _DAY.fullmatch(text):
        raise UsageError(f"{option} {text}: give a day as YYYY-MM-DD")
    return text
