"""`agentaudit simulate`: what another schedule or another machine would do."""

import typer

from agentaudit.cli.simulate_calibrate import calibrate
from agentaudit.cli.simulate_policies import policies
from agentaudit.cli.simulate_scheduler import scheduler
from agentaudit.cli.simulate_sweep import sweep
from agentaudit.cli.simulate_validate import validate

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Ask what another schedule or another machine would do for the agent's latency.",
)
app.command("scheduler")(scheduler)
app.command("policies")(policies)
app.command("sweep")(sweep)
app.command("validate")(validate)
app.command("calibrate")(calibrate)
