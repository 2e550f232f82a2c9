"""Groups whose commands are files of their own, each loaded when its command is called."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from agentaudit.errors import UsageError
from agentaudit.standard_output import STANDARD_OUTPUT


class Command(TyperCommand):
    """
    A command that takes `-` for standard output only where an option declares `allow_dash`.

    Elsewhere it would be a file called `-`, which nobody means; nor does anybody mean the current
    folder by an empty path: some variable was not set. Said before anything is done.
    """

    # `ctx` is click's Context, which newer releases of typer carry under a private name.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401, see above
        given: Mapping[Any, Any] = self.make_parser(ctx).parse_args(list(args))[0]
        for option in self.params:
            if hasattr(option.type, "allow_dash") and "" in _values(given.get(option.name)):
                name = option.opts[0] if option.param_type_name == "option" else option.metavar
                raise UsageError(f"{name}: the path is empty; `.` is the current folder")
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401, see above
        taking = list(_given_a_dash(self.params, ctx.params))
        for option in taking:
            if not option.type.allow_dash:
                raise UsageError(f"{option.opts[0]} - is no standard stream here; name a file")
        if len(taking) > 1:
            names = " and ".join(option.opts[0] for option in taking)
            raise UsageError(f"{names}: standard output takes one of them; name files for others")
        return super().invoke(ctx)


def _given_a_dash(options: list[Any], given: Mapping[str, object]) -> Iterator[Any]:
    """The options for files that were given a single dash."""
    for option in options:
        takes_file = option.param_type_name == "option" and hasattr(option.type, "allow_dash")
        if takes_file and STANDARD_OUTPUT in map(Path, _values(given.get(option.name))):
            yield option


def _values(given: Any) -> Sequence[Any]:  # noqa: ANN401, click's own
    """What was given for one parameter, however often."""
    if given is None:
        return ()
    return given if isinstance(given, list | tuple) else (given,)


class _OneCommand(typer.Typer):
    def command(self, *args: Any, **settings: Any) -> Callable[..., Any]:  # noqa: ANN401, typer's own
        return super().command(*args, **{"cls": Command, **settings})


def command() -> typer.Typer:
    """What a file of one command is called by: its `app`."""
    return _OneCommand(add_completion=False, rich_markup_mode=None)


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
