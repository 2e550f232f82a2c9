"""`agentaudit profile`."""

import typer


def profile(context: typer.Context) -> None:
    raise typer.Exit(70)
