"""`agentaudit lint`."""

import typer


def lint(context: typer.Context) -> None:
    raise typer.Exit(70)
