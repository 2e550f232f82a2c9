"""`agentaudit doctor`: what can be measured here, and what would make the rest possible."""

from typing import Annotated

import typer

from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import ExitCode


def doctor(
    context: typer.Context,
    pid: Annotated[int | None, typer.Argument(help="The process that is to be profiled.")] = None,
) -> None:
    """
    What a recording would hold here, what each part gives, and what enables the missing ones.

    \b
    Examples:
      agentaudit doctor          this machine
      agentaudit doctor 4242     this machine, and the process that is to be profiled
    """
    from agentaudit.probes.capabilities import capabilities
    from agentaudit.report.text import one_line

    out = terminal_of(context).out
    for capability in capabilities(pid):
        mark, style = ("✓", "green") if capability.available else ("✗", "yellow")
        out.print(f"{mark} {capability.name}: {one_line(capability.found)}", style=style)
        out.print(f"    gives {capability.gives}")
        if capability.enable:
            out.print(f"    to enable: {capability.enable}")
    raise typer.Exit(int(ExitCode.PASS))
