"""Groups whose commands are files of their own, each loaded when its command is called."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command


def command() -> typer.Typer:
    """What a file of one command is called by: its `app`."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)


def command_group(lines: Mapping[str, str], files: str, **settings: Any) -> typer.Typer:  # noqa: ANN401, typer's own
    """
    A group that lists commands, a line for each.

    `files` is where they stand, `{}` being the command: `agentaudit.cli.trace_{}`.
    """

    class Called(TyperGroup):
        # `ctx` is click's Context, which newer releases of typer carry under a private name.
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401, see above
            name, listed, rest = super().resolve_command(ctx, args)
            return name, listed and _loaded(files.format(name)), rest

    app = typer.Typer(cls=Called, no_args_is_help=True, rich_markup_mode=None, **settings)
    for name, line in lines.items():
        app.command(name, help=line)(_listed)
    return app


def _listed() -> None:
    """Stands in a group's list for a command whose file is not loaded."""


def _loaded(module: str) -> Any:  # noqa: ANN401, see above
    return get_command(import_module(module.replace("-", "_")).app)
