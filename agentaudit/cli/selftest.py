"""`agentaudit selftest`: how right, and how costly, a recording is on this machine."""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit import __version__
from agentaudit.cli.commands import command
from agentaudit.cli.samplers import SamplerChoice
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.cli.scripted import Bench
    from agentaudit.model.accuracy import Check, SelfTest

app = command()


@app.command()
def selftest(
    context: typer.Context,
    python: Annotated[
        str,
        typer.Option(
            "--python",
            metavar="PROGRAM",
            help="The interpreter that the agents run on.",
            show_default="the one that runs this",
        ),
    ] = sys.executable,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds", metavar="N", min=2.0, max=600.0, help="How long each agent works."
        ),
    ] = 8.0,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="This experiment alone. Repeatable."),
    ] = None,
    sampler: Annotated[
        SamplerChoice, typer.Option("--sampler", help="Who reads the stacks.")
    ] = SamplerChoice.AUTO,
    json: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            allow_dash=True,
            help="The checks as an artifact (selftest.json).",
        ),
    ] = None,
) -> None:
    """
    Record agents whose work is known, and compare.

    CPU time, steps, requests, what the recorder costs, and what a crash loses.

    \b
    Examples:
      agentaudit selftest
      agentaudit selftest --python python3.14
      agentaudit selftest --sampler py-spy
      agentaudit selftest --only children --only cost

    Exit codes: 0 every claim holds here; 1 one does not; 2 usage; 3 one could not be checked; 4
    both 1 and 3.
    """
    from agentaudit.cli.experiments import experiments
    from agentaudit.cli.scripted import Bench, version
    from agentaudit.model.accuracy import Outcome
    from agentaudit.report.tables.selftest import render_selftest
    from agentaudit.store.artifacts import write_artifact

    terminal = terminal_of(context, json)
    names = list(experiments())
    unknown = sorted(set(only or ()) - set(names))
    if unknown:
        raise UsageError(f"--only {unknown[0]}: there are {', '.join(names)}")
    asked = [name for name in names if not only or name in only]
    runtime = "Python {}.{}".format(*version(python))
    with tempfile.TemporaryDirectory(prefix="agentaudit-selftest-") as folder:
        quiet = Terminal(out=terminal.out, err=terminal.err, quiet=True)
        bench = Bench(
            folder=Path(folder), python=python, seconds=seconds, terminal=quiet, sampler=sampler
        )
        result = _result(runtime, _checks(asked, bench, terminal))
    terminal.out.print(render_selftest(result))
    if json is not None:
        write_artifact(result, json)
        terminal.note(f"checks: {json}")
    outcomes = {check.outcome for check in result.checks}
    failed, incomplete = Outcome.FAIL in outcomes, Outcome.UNKNOWN in outcomes
    raise typer.Exit(int(exit_code(failed=failed, incomplete=incomplete)))


def _checks(names: Sequence[str], bench: "Bench", terminal: Terminal) -> "tuple[Check, ...]":
    from agentaudit.cli.experiments import run

    checks: list[Check] = []
    with terminal.progress("selftest", len(names)) as shown:
        for done, name in enumerate(names):
            shown(done, f"selftest: {name}")
            checks += run(name, bench)
    return tuple(checks)


def _result(runtime: str, checks: "tuple[Check, ...]") -> "SelfTest":
    """The checks, with the machine that they were made on."""
    from agentaudit.model.accuracy import SelfTest
    from agentaudit.probes.host import host

    here = host((), "")
    return SelfTest(
        machine=f"{here.system}, {here.cores} cores, {here.cpu_model}",
        python=runtime,
        recorded_at_unix_ns=time.time_ns(),
        checks=checks,
        tool_version=__version__,
    )
