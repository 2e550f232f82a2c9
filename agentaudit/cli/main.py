"""The command line as a whole: global options, and the commands in the order of a user's day."""

from typing import Annotated

import typer

from agentaudit import __version__
from agentaudit.cli import (
    audit,
    doctor,
    lint,
    profile,
    report,
    rules,
    selftest,
    simulate,
    simulate_calibrate,
    simulate_validate,
    threat_model,
    trace,
)
from agentaudit.cli.after_dashes import CommandAfterDashes
from agentaudit.cli.terminal import terminal

app = typer.Typer(
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
    no_args_is_help=True,
    rich_markup_mode=None,
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
    context.obj = terminal(no_color=no_color, quiet=quiet, verbose=verbose)


app.command("audit", cls=CommandAfterDashes)(audit.audit)
app.command("profile", cls=CommandAfterDashes)(profile.profile)
simulate.app.command("calibrate")(simulate_calibrate.calibrate)
simulate.app.command("validate")(simulate_validate.validate)
app.add_typer(simulate.app, name="simulate")
app.command("lint")(lint.lint)
app.command("threat-model")(threat_model.threat_model)
app.command("report")(report.report)
app.add_typer(trace.app, name="trace")
app.add_typer(rules.app, name="rules")
app.command("doctor")(doctor.doctor)
app.command("selftest")(selftest.selftest)
