"""Commands that take another command after `--`, beside arguments of their own."""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand

_KEY = "agentaudit.after_dashes"


class CommandAfterDashes(TyperCommand):
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


def after_dashes(context: typer.Context) -> Sequence[str] | None:
    """The words after `--`: None where there is no `--`, empty where nothing follows."""
    found = context.meta.get(_KEY)
    return found if isinstance(found, tuple) else None
