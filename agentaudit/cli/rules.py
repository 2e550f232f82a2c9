"""`agentaudit rules`."""

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("show")
def show(context: typer.Context) -> None:
    raise typer.Exit(70)
