"""The command line as a whole: global options, and the commands in the order of a user's day."""

from functools import partial
from typing import Annotated

import typer

from agentaudit import __version__
from agentaudit.cli.commands import command_group
from agentaudit.cli.terminal import terminal

app = command_group(
    {
        "audit": (
            "Profile, simulate, lint and threat-model, and answer the three decisions in one"
            " report."
        ),
        "profile": (
            "Where an agent's CPU and GPU time goes: by kind of step, by request, children"
            " included."
        ),
        "simulate": (
            "Ask what another schedule or another machine would do for the agent's latency."
        ),
        "lint": (
            "Find long-lived credentials, unbounded memory and excess permissions in deployment"
            " files."
        ),
        "threat-model": (
            "Find the ways from untrusted input to damage, how far an attacker gets, and what"
            " would help."
        ),
        "report": (
            "Judge what was measured and read: three decisions, one verdict, one offline page."
        ),
        "trace": "Recordings of agents: show, compare, import, export, merge and sum them up.",
        "rules": "Show the rules of lint, and test rules of your own.",
        "doctor": (
            "What a recording would hold here, what each part gives, and what enables the missing"
            " ones."
        ),
        "selftest": (
            "Records agents whose work is known, and compares: CPU time, steps, requests, cost,"
            " crashes."
        ),
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
        " 130 interrupted. Ctrl-C while an agent is recorded ends the recording, not the run."
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
    context.obj = partial(terminal, no_color=no_color, quiet=quiet, verbose=verbose)
