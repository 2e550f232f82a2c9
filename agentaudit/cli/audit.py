"""`agentaudit audit`."""

import typer


def audit(context: typer.Context) -> None:
    raise typer.Exit(70)
