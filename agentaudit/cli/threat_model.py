"""`agentaudit threat-model`."""

import typer


def threat_model(context: typer.Context) -> None:
    raise typer.Exit(70)
