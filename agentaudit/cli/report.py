"""`agentaudit report`."""

import typer


def report(context: typer.Context) -> None:
    raise typer.Exit(70)
