"""`agentaudit report`: artifacts in; the verdict, one page and one JSON file out."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli.commands import command
from agentaudit.cli.outcome import write_text
from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import ExitCode, IncompleteError, InputError, Problem, UsageError

if TYPE_CHECKING:
    from agentaudit.model.decision import Report
    from agentaudit.store.artifacts import Artifact

_KINDS = ("profile", "simulation", "findings", "threats")

app = command()


@app.command()
def report(
    context: typer.Context,
    artifacts: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR|ARTIFACT...", help="A folder of artifacts, or the artifacts themselves."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Where the page goes.", metavar="FILE", allow_dash=True
        ),
    ] = Path("report.html"),
    json_output: Annotated[
        Path | None,
        typer.Option(
            "--json",
            help="Where the report goes as an artifact.",
            metavar="FILE",
            allow_dash=True,
        ),
    ] = None,
    subject: Annotated[
        str,
        typer.Option(
            "--subject", metavar="NAME", help="What is judged; else the name of its folder."
        ),
    ] = "",
    hosted_model: Annotated[
        bool,
        typer.Option("--hosted-model", help="A provider serves the model: no GPU is yours."),
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="End with 0 whatever the verdict.")
    ] = False,
) -> None:
    """
    Three decisions and one verdict, as a page, from artifacts.

    Reads profile.json, simulation.json, findings.json and threats.json, as the other commands
    write them. What is missing is shown as missing, and never passes. A report.json alone is
    rendered again as it is.

    \b
    Examples:
      agentaudit report reports/demo
      agentaudit report findings.json threats.json -o security.html
      agentaudit report reports/demo --json reports/demo/report.json --exit-zero

    Exit codes: 0 ready; 1 not ready; 2 usage or unreadable artifact; 3 evidence incomplete;
    4 both 1 and 3.
    """
    from agentaudit.report.page.document import render_page
    from agentaudit.report.tables.verdict import verdict_table
    from agentaudit.store.artifacts import write_artifact

    terminal = terminal_of(context, output, json_output)
    made = _report(artifacts, subject=subject, hosted_model=hosted_model)
    with terminal.progress("drawing the page"):
        page = render_page(made)
    write_text(output, page)
    if json_output is not None:
        write_artifact(made, json_output)
    terminal.out.print(verdict_table(made))
    terminal.note(f"page: {output}")
    raise typer.Exit(int(ExitCode.PASS) if exit_zero else made.exit_code)


def now() -> str:
    """This second in UTC, or the one that SOURCE_DATE_EPOCH asks for."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    at = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _report(paths: list[Path], *, subject: str, hosted_model: bool) -> "Report":
    from agentaudit.model.decision import Report
    from agentaudit.report.decisions.deciding import report_of

    read = _read(_given_once(file for path in paths for file in _files(path)))
    if len(read) == 1 and isinstance(only := next(iter(read.values())), Report):
        return only
    given = _by_kind(read)
    return report_of(
        subject=subject or _subject(paths),
        created_at=now(),
        hosted_model=hosted_model,
        **given,  # type: ignore[arg-type]  # each kind under its own name
    )


def _files(path: Path) -> list[Path]:
    """The artifacts of a folder by their usual names, or the file itself."""
    if not path.is_dir():
        return [path]
    found = [path / f"{kind}.json" for kind in _KINDS]
    return [file for file in found if file.exists()]


def _given_once(files: Iterable[Path]) -> list[Path]:
    """The files; UsageError for one that is named twice, on its own or with its folder."""
    seen: dict[Path, Path] = {}
    for file in files:
        if seen.setdefault(file.resolve(), file) is not file:
            raise UsageError(f"{file} is given twice; give it once, or its folder")
    return list(seen.values())


def _read(files: Iterable[Path]) -> "dict[Path, Artifact]":
    """Every artifact, or all that is wrong with all of them."""
    from agentaudit.store.artifacts import read_artifact

    read: dict[Path, Artifact] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            read[file] = read_artifact(file)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    return read


def _by_kind(read: "dict[Path, Artifact]") -> "dict[str, Artifact]":
    """The artifacts under the names that the report knows them by."""
    from agentaudit.model.accuracy import SelfTest
    from agentaudit.model.comparison import Comparison
    from agentaudit.model.finding import LintResult
    from agentaudit.model.fleet import Fleet
    from agentaudit.model.profile import Profile
    from agentaudit.model.results import Simulation
    from agentaudit.model.sweep import Sweep
    from agentaudit.model.threat import ThreatModel
    from agentaudit.model.validation import Validation

    names = {Profile: "profile", Simulation: "simulation", LintResult: "lint"}
    names[ThreatModel] = "threats"
    given: dict[str, Artifact] = {}
    places: dict[str, Path] = {}
    for file, artifact in read.items():
        name = names.get(type(artifact))
        if isinstance(artifact, Comparison | Fleet | SelfTest | Sweep | Validation):
            kind = type(artifact).__name__
            raise UsageError(f"{file}: a {kind} has no page; the command that made it shows it")
        if name is None:
            raise UsageError(f"{file}: a report stands alone; give it without other artifacts")
        if name in given:
            raise UsageError(f"{places[name]} and {file} are of one kind; give one of them")
        given[name], places[name] = artifact, file
    if not given:
        raise IncompleteError(f"nothing to report: no {'.json, '.join(_KINDS)}.json there")
    return given


def _subject(paths: list[Path]) -> str:
    first = paths[0].resolve()
    return first.name if first.is_dir() else first.parent.name
