"""`agentaudit threat-model`: deployment files in, attack paths and what would help out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli.collection import nothing_collected
from agentaudit.cli.commands import command
from agentaudit.cli.outcome import Threshold, formats_of, reached, write_text
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import IncompleteError, exit_code
from agentaudit.standard_output import STANDARD_OUTPUT, print_bytes

if TYPE_CHECKING:
    from agentaudit.model.deployment import Deployment
    from agentaudit.model.threat import ThreatModel


class Format(StrEnum):
    """How a threat model is written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    MERMAID = "mermaid"


_BY_SUFFIX: Mapping[str, Sequence[Format]] = {
    ".sarif": (Format.SARIF,),
    ".json": (Format.JSON, Format.SARIF),
    ".md": (Format.MARKDOWN, Format.MERMAID),
    ".mmd": (Format.MERMAID,),
    ".txt": (Format.TABLE,),
}
_FILE_WIDTH = 100
_MOST_SHOWN = 5

app = command()


@app.command()
def threat_model(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Files and folders of the deployment.", show_default="."
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="The output format.", show_default="table"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            allow_dash=True,
            help="Write to a file, in the format of its suffix (.json, .sarif, .md, .mmd, .txt)"
            " unless --format is given; - is standard output.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            allow_dash=True,
            help="Also write the artifact threats.json here.",
        ),
    ] = None,
    fail_on: Annotated[
        Threshold, typer.Option(help="The lowest severity of a path that fails the run.")
    ] = Threshold.HIGH,
    allow_incomplete: Annotated[
        bool,
        typer.Option(
            "--allow-incomplete",
            help="Do not exit with 3 for files that could not be read, or for too many paths.",
        ),
    ] = False,
) -> None:
    """
    Find attack paths from untrusted input to damage.

    Reads the same files as lint, executes none of them, and says how far an attacker gets. LIVE
    counts what an attacker who steers the agents can do now, THEFT what can be done later with
    stolen credentials. A range means that something is unknown. Each suggested change is tried, and
    both numbers are computed again.

    \b
    Examples:
      agentaudit threat-model                          the current folder
      agentaudit threat-model deploy/ .mcp.json        some files and folders
      agentaudit threat-model -o threats.sarif         paths as code flows, for a code host
      agentaudit threat-model --format mermaid         a drawing of the worst path
      agentaudit threat-model --fail-on critical --json threats.json

    Exit codes: 0 no path at or above --fail-on; 1 such a path; 2 wrong usage; 3 a file could not be
    read whole, there were too many paths, or there is no agent; 4 both 1 and 3.
    """
    files = [output] if output is not None and output != STANDARD_OUTPUT else []
    written = formats_of(files, format_, _BY_SUFFIX, shown=not files)
    said = terminal_of(context, json_file)
    with said.progress("following untrusted input to damage"), nothing_collected():
        model = _model(paths or [Path()])
    for file, chosen in written.items():
        _write(model, file, chosen, said)
    if not written:
        _show(model, format_ or Format.TABLE, said)
    if json_file is not None:
        _artifact(model, json_file)
        said.wrote(json_file)
    failed = reached(fail_on, (item.severity for item in model.paths))
    incomplete = model.incomplete and not allow_incomplete
    raise typer.Exit(int(exit_code(failed=failed, incomplete=incomplete)))


def _model(paths: Sequence[Path]) -> "ThreatModel":
    from agentaudit.extract.deployment import read_deployment
    from agentaudit.report.places import from_here
    from agentaudit.rules.ours import threat_rules
    from agentaudit.threats.model import threat_model as model_of

    deployment = read_deployment(paths)
    if not deployment.agents:
        places = ", ".join(str(path) for path in paths)
        unread = "; ".join(_unread(deployment))
        note = f"; one may stand in what could not be read: {unread}" if unread else ""
        raise IncompleteError(f"no agent found in {places}: nothing to threat-model{note}")
    return from_here(model_of(deployment, threat_rules()), deployment.root)


def _unread(deployment: "Deployment") -> Iterator[str]:
    """The first files that were not read whole."""
    from agentaudit.report.coverage import told, unread_files
    from agentaudit.report.places import from_here

    unread = from_here(tuple(unread_files(deployment)), deployment.root)
    yield from map(told, unread[:_MOST_SHOWN])
    if len(unread) > _MOST_SHOWN:
        yield f"and {len(unread) - _MOST_SHOWN} more"


def _write(model: "ThreatModel", output: Path, chosen: Format, said: Terminal) -> None:
    from agentaudit.report.tables.threat import counts_sentence

    write_text(output, _renderers()[chosen](model))
    said.wrote(output)
    said.note(counts_sentence(model))


def _show(model: "ThreatModel", format_: Format, said: Terminal) -> None:
    if format_ is not Format.TABLE:
        print_bytes([_renderers()[format_](model).encode()], out_taken=said.out_taken)
        return
    from agentaudit.report.tables.threat import render_threat_table

    table = render_threat_table(model, width=said.out.width, verbose=said.verbose)
    said.out.print(table, end="", soft_wrap=True)


def _renderers() -> "Mapping[Format, Callable[[ThreatModel], str]]":
    from agentaudit.report.formats.threat_markdown import render_threat_markdown
    from agentaudit.report.formats.threat_mermaid import render_mermaid
    from agentaudit.report.formats.threat_sarif import render_threat_sarif
    from agentaudit.report.tables.threat import render_threat_table
    from agentaudit.store.artifacts import to_json

    return {
        Format.TABLE: lambda model: render_threat_table(model, width=_FILE_WIDTH).plain,
        Format.JSON: lambda model: to_json(model).decode(),
        Format.SARIF: render_threat_sarif,
        Format.MARKDOWN: render_threat_markdown,
        Format.MERMAID: render_mermaid,
    }


def _artifact(model: "ThreatModel", path: Path) -> None:
    from agentaudit.store.artifacts import write_artifact

    write_artifact(model, path)
