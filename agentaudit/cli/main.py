"""The command line as a whole: global options, and the commands in the order of a user's day."""

from functools import partial
from typing import Annotated

import typer

from agentaudit import __version__
from agentaudit.cli.commands import command_group
from agentaudit.cli.terminal import Terminal

app = command_group(
    {
        "audit": "All of it: profile, simulate, lint, threat-model and report.",
        "profile": "Where an agent's CPU and GPU time goes, step by step.",
        "simulate": "What another schedule or machine would do for latency.",
        "lint": "Find long-lived keys, unbounded memory, excess permissions.",
        "threat-model": "Find attack paths from untrusted input to damage.",
        "report": "Three decisions and one verdict, as a page, from artifacts.",
        "trace": "Show, compare, import, export, merge and sum up recordings.",
        "rules": "Show the rules, and test rules of your own.",
        "doctor": "What a recording would hold here, and what is missing.",
        "selftest": "Record agents whose work is known, and compare.",
        "schema": "Print the JSON Schema of an artifact.",
    },
    files="agentaudit.cli.{}",
    name="agentaudit",
    help=(
        "Is this agent deployment ready for production? Evidence for three decisions: where"
        " credentials are resolved, what bounds memory, and whether CPU and GPU were profiled"
        " under load."
    ),
    epilog=(
        "Exit codes: 0 pass; 1 findings or a failed gate; 2 usage or unreadable input;"
        " 3 evidence incomplete or nothing to audit; 4 both 1 and 3; 70 internal error;"
        " 130 interrupted; 141 whoever read the output went away. Ctrl-C while an agent is recorded"
        " ends the recording, not the run."
    ),
    pretty_exceptions_enable=False,  # an exception that gets here is handled in __main__
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"agentaudit {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only results.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colour; NO_COLOR does the same.")
    ] = False,
    _version_asked: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    context.obj = partial(Terminal, no_color=no_color, quiet=quiet, verbose=verbose)
