"""`agentaudit trace merge`: recordings of many hosts as one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit import __version__
from agentaudit.cli.commands import command
from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import InputError, Problem, UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.store.survey import Survey

_LEAST = 2

app = command()


@app.command()
def trace_merge(
    context: typer.Context,
    recordings: Annotated[
        list[Path],
        typer.Argument(metavar="RECORDING...", help="Recordings (*.aatrace), two or more."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The merged recording.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """
    Recordings of several hosts or processes as one.

    Clocks are aligned through Unix time, processes are kept apart, and the cores of a machine count
    once, however often it was recorded. What is cut off, or was counted twice, is said and stands
    in the merged recording.

    \b
    Examples:
      agentaudit trace merge web-1.aatrace web-2.aatrace -o web.aatrace
      agentaudit trace merge agent.aatrace vllm.aatrace -o both.aatrace

    Exit codes: 0 merged; 2 usage or unreadable input; 3 merged, but something is cut off or was
    counted twice.
    """
    from agentaudit.model.reading import READING
    from agentaudit.model.trace import Incident
    from agentaudit.store.merging import Source, merged
    from agentaudit.store.placing import beside
    from agentaudit.store.recording import RecordingWriter, read_records

    terminal = terminal_of(context)
    if len(recordings) < _LEAST or len(set(recordings)) < len(recordings):
        raise UsageError("name two recordings or more, each of them once")
    surveys = [_survey(path) for path in recordings]
    sources = [
        Source(survey=survey, records=read_records(path))
        for survey, path in zip(surveys, recordings, strict=True)
    ]
    doubted = False
    with beside(output, overwrite=force) as part:
        part.unlink()  # a writer begins a file of its own
        with RecordingWriter(part) as writer:
            for record in merged(sources, __version__):
                writer.append(record)
                if isinstance(record, Incident) and record.probe in ("merge", READING):
                    terminal.note(f"lost: {record.lost} ({record.what})")
                    doubted = True
    terminal.note(f"merged recording: {output}")
    raise typer.Exit(int(exit_code(failed=False, incomplete=doubted)))


def _survey(path: Path) -> "Survey":
    """What must be known beforehand; what cannot be merged is refused."""
    from agentaudit.store.recording import read_records
    from agentaudit.store.survey import survey_of

    survey = survey_of(path.name, read_records(path))
    if survey.merged:
        raise _problem(path, "is merged already: name the recordings that it was made of")
    if survey.opened.target.imported:
        raise _problem(path, "was imported: nothing of a host was measured that could be added up")
    if not survey.clocks:
        raise _problem(path, "holds no pair of clocks, so nobody knows when it was recorded")
    return survey


def _problem(path: Path, message: str) -> InputError:
    return InputError(Problem(file=str(path), message=message))
