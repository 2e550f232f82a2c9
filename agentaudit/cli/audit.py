"""`agentaudit audit`: everything in one run, one report."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli.after_dashes import CommandAfterDashes, after_dashes
from agentaudit.cli.commands import command
from agentaudit.cli.stages import Place, report_on
from agentaudit.cli.targets import Attach, Launch, parse_duration
from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from agentaudit.cli.demo import Sample
    from agentaudit.model.decision import Report

DEMO_SECONDS = 15
DEMO_CONCURRENCY = 8
"""More than two cores serve at once, so that a schedule can matter."""
RECORDING = "run.aatrace"

app = command()


@app.command(cls=CommandAfterDashes)
def audit(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]", help="Folder of the deployment's files.", show_default="."
        ),
    ] = None,
    pid: Annotated[
        int | None, typer.Option("--pid", "-p", metavar="PID", help="The running agent to record.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="On a sample agent and a sample deployment.")
    ] = False,
    duration: Annotated[
        str | None,
        typer.Option(
            "--duration", "-d", metavar="TIME", help="How long to record.", show_default="30s"
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder of the report.",
            show_default="reports/NAME",
        ),
    ] = None,
    hosted_model: Annotated[
        bool,
        typer.Option("--hosted-model", help="A provider serves the model: no GPU is yours."),
    ] = False,
) -> None:
    """
    All of it: profile, simulate, lint, threat-model and report.

    Records the agent given by PID or command, replays the recording under schedulers, audits the
    deployment files, answers the three decisions, and writes report.html with its JSON artifacts.
    Without an agent to record the third decision stays "not measured", and the run ends with 3.

    \b
    Examples:
      agentaudit audit --demo                          see it on a sample, in half a minute
      agentaudit audit deploy/ --pid 4242              a running agent and its files
      agentaudit audit . --duration 2m -- python agent.py
      agentaudit audit deploy/ -o reports/friday

    Exit codes: 0 ready; 1 not ready; 2 usage; 3 evidence incomplete; 4 both 1 and 3. With --demo
    the run ends with 0 once it ran, and says what CI would have seen.
    """
    command = after_dashes(context)
    _check(path, pid, command, demo=demo)
    subject = _sample() if demo else path or Path()
    folder = output or Path("reports") / ("demo" if demo else subject.resolve().name or "root")
    place = Place(terminal_of(context), _made(folder), subject)
    length_ns = parse_duration(duration or (f"{DEMO_SECONDS}s" if demo else "30s"))
    if demo:
        if output is None:  # a folder of the demonstration's own: it is made anew
            (folder / RECORDING).unlink(missing_ok=True)
        report = _demonstrated(place, length_ns)
    else:
        report = _audited(place, _target(pid, command), length_ns, hosted_model=hosted_model)
    _show(report, place, demo=demo)
    raise typer.Exit(int(ExitCode.PASS) if demo else report.exit_code)


def _check(
    path: Path | None, pid: int | None, command: Sequence[str] | None, *, demo: bool
) -> None:
    """Every contradiction of the command line, before anything starts."""
    if demo and (path is not None or pid is not None or command is not None):
        raise UsageError("--demo brings its own agent and deployment; give it alone")
    if pid is not None and command is not None:
        raise UsageError("give --pid or a command after --, not both")
    if command is not None and not command:
        raise UsageError("there is no command after --")
    if path is not None and not path.exists():
        raise UsageError(f"{path}: no such file or folder")


def _sample() -> Path:
    from agentaudit.store.shipped import shipped

    return shipped("sample_configs") / "risky"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror}") from error
    return folder


def _target(pid: int | None, command: Sequence[str] | None) -> Attach | Launch | None:
    if command is not None:
        return Launch(command=tuple(command))
    return Attach(pid=pid) if pid is not None else None


def _audited(
    place: Place,
    target: Attach | Launch | None,
    length_ns: int | None,
    *,
    hosted_model: bool,
) -> "Report":
    from agentaudit.cli.recorder import record

    if target is None:
        place.stage("No agent to record: give --pid PID, or a command after --.")
        return report_on(place, None, "", hosted_model=hosted_model)
    recording = _free_recording(place.folder)
    place.stage(f"Recording into {recording} …")
    trace = record(target, duration_ns=length_ns, output=recording, terminal=place.said)
    return report_on(place, trace, recording.name, hosted_model=hosted_model)


def _demonstrated(place: Place, length_ns: int | None) -> "Report":
    """The same, on a sample that is started and stopped here."""
    from agentaudit.cli.recorder import record

    recording = _free_recording(place.folder)
    place.stage("Starting the sample: an agent, a batching model server, a load of requests …")
    with _sample_under_load(length_ns) as sample:
        pid = sample.pid
        place.stage(f"Attaching to process {pid}, and recording into {recording} …")
        trace = record(
            Attach(pid=pid), duration_ns=length_ns, output=recording, terminal=place.said
        )
    return report_on(place, trace, recording.name, hosted_model=False)


def _sample_under_load(length_ns: int | None) -> "AbstractContextManager[Sample]":
    from agentaudit.cli.demo import running_sample

    if length_ns is None:
        raise UsageError("--demo needs an end: a duration of more than 0")
    return running_sample(load_s=length_ns / 1e9 + 2, concurrency=DEMO_CONCURRENCY)


def _free_recording(folder: Path) -> Path:
    """A name that no recording has: what was recorded is never overwritten."""
    names = (folder / RECORDING, *(folder / f"run-{number}.aatrace" for number in range(2, 10_000)))
    return next(name for name in names if not name.exists())


def _show(report: "Report", place: Place, *, demo: bool) -> None:
    from agentaudit.report.tables.verdict import verdict_table

    out = place.said.out
    out.print(verdict_table(report))
    out.print(f"Page and artifacts: {place.folder}/report.html", soft_wrap=True)
    if demo:
        out.print(f"CI would have seen exit code {report.exit_code}; the demonstration ran.")
