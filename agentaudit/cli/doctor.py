"""`agentaudit doctor`: what can be measured here, and what would make the rest possible."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli.commands import command
from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import ExitCode
from agentaudit.standard_output import print_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentaudit.model.capability import Capability

OTLP_PORT = 4318
"""Where exporters send when nobody tells them otherwise."""

app = command()


@app.command()
def doctor(
    context: typer.Context,
    pid: Annotated[
        int | None, typer.Argument(metavar="[PID]", help="The process that is to be profiled.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON on standard output, for CI.")
    ] = False,
    otlp_port: Annotated[
        int,
        typer.Option(
            metavar="PORT", min=1, max=65535, help="The port on which spans would be received."
        ),
    ] = OTLP_PORT,
) -> None:
    """
    What a recording would hold here, and what is missing.

    Each part says what it gives, and a missing one what enables it. Doctor reads, and changes
    nothing: not the process, and no setting. ✓ is there, ✗ is missing, and ? depends on the
    process.

    \b
    Examples:
      agentaudit doctor          this machine
      agentaudit doctor 4242     this machine, and the process that is to be profiled
      agentaudit doctor 4242 --json | jq '.capabilities[] | select(.available == false)'

    Exit codes: 0 whatever is missing; 2 usage, or there is no such process.
    """
    from msgspec.structs import replace

    from agentaudit.extract.credentials.redaction import cleaned
    from agentaudit.probes.capabilities.table import capabilities
    from agentaudit.report.tables.capability import render_capabilities

    out = terminal_of(context).out
    # Among them is the command line of the process.
    found = [replace(each, found=cleaned(each.found)) for each in capabilities(pid, otlp_port)]
    if as_json:
        print_bytes([_json(pid, found)])
    else:
        subject = "This machine" if pid is None else f"Process {pid}"
        out.print(render_capabilities(found, subject, out.width))
    raise typer.Exit(int(ExitCode.PASS))


def _json(pid: int | None, found: "Sequence[Capability]") -> bytes:
    from msgspec.structs import asdict

    document = {
        "agentaudit": 1,
        "kind": "capabilities",
        "pid": pid,
        "capabilities": [asdict(capability) for capability in found],
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()
