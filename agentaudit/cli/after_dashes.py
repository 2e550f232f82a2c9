"""Commands that take another command after `--`, beside options of their own, in groups."""

from collections.abc import Sequence
from typing import Any

import typer

from agentaudit.cli.commands import Command

_KEY = "agentaudit.after_dashes"


class CommandAfterDashes(Command):
    """A command whose line ends at `--`; what follows is kept, word for word."""

    # `ctx` is click's Context, which newer releases of typer carry under a private name.

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401, see above
        if "--" in args:
            at = args.index("--")
            ctx.meta[_KEY] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401, see above
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, see above
        """Arguments, then the options, those of a group together; groups as they come."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                argument = parameter.param_type_name == "argument"
                group = "Arguments" if argument else getattr(parameter, "rich_help_panel", None)
                groups.setdefault(group or "Options", []).append(record)
        for group, records in groups.items():
            if records:
                with formatter.section(group):
                    formatter.write_dl(records)


def after_dashes(context: typer.Context) -> Sequence[str] | None:
    """The words after `--`: None where there is no `--`, empty where nothing follows."""
    found = context.meta.get(_KEY)
    return found if isinstance(found, tuple) else None
