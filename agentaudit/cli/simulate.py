"""`agentaudit simulate`: a recording or a workload file, replayed under scheduling policies."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import InputError, Problem, exit_code

if TYPE_CHECKING:
    from agentaudit.model.results import Simulation
    from agentaudit.model.trace import Trace
    from agentaudit.model.workload import Machine, Workload
    from agentaudit.simulation.arrivals import Arrivals

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)
_LARGEST_FILE = 1024 * 1024


@app.callback()
def simulate() -> None:
    """Ask what another schedule or another machine would do for the agent's latency."""


@app.command("scheduler")
def scheduler(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(help="A recording (run.aatrace) or a workload file (*.yaml).")
    ],
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            "-p",
            metavar="NAME",
            help="A policy to try; give it again for more. Default: those that suit the arrivals.",
        ),
    ] = None,
    arrivals: Annotated[
        str | None,
        typer.Option(
            metavar="HOW", help="recorded, closed (all at once), poisson:RATE or scaled:FACTOR."
        ),
    ] = None,
    requests: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many requests; recorded ones are drawn again."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Equal seeds, equal runs.")] = None,
    machine: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="sys1, sys2 or v1 of the paper, in place of the host."),
    ] = None,
    cores: Annotated[int | None, typer.Option(metavar="N", help="Another number of cores.")] = None,
    caps: Annotated[
        str,
        typer.Option(
            metavar="CAPS", help="Caps other than scaled ones: B_cap, N_cap, N_max, E_CPU, …, s."
        ),
    ] = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the artifact here.")
    ] = None,
) -> None:
    """
    Replay a workload under COMB, MAS and their baselines, and say what to change.

    Policies: sequential, multi-processing, fcfs, micro-batching, micro-batching-rolling, comb,
    comb-closed, comb-open, mas. The first baseline among them (fcfs or multi-processing) is what
    the others are compared with.

    \b
    Examples:
      agentaudit simulate scheduler run.aatrace
      agentaudit simulate scheduler run.aatrace --arrivals closed --requests 128
      agentaudit simulate scheduler run.aatrace --arrivals poisson:2.5 -p fcfs -p mas
      agentaudit simulate scheduler run.aatrace --cores 16 --caps N_cap=24,E_GPU=48
      agentaudit simulate scheduler workload.yaml --json simulation.json

    \b
    A workload file:
      requests: 200
      arrivals: poisson:2            # or closed
      machine: {cores: 8}            # or sys1, sys2, v1
      types:
        - name: search
          weight: 3
          steps: [{wait: 200ms}, {cpu: 1.5s, spread: 0.3}, {gpu: 800ms}]
        - {name: chat, steps: [{gpu: 2s}]}

    Exit codes: 0 simulated; 2 usage or unreadable input; 3 too little was recorded, or its file is
    damaged or cut off.
    """
    terminal = terminal_of(context)
    with terminal.progress("Simulating"):
        workload, host, whole = _loaded(source, arrivals=arrivals, requests=requests, seed=seed)
        chosen = _machine(host, name=machine, cores=cores)
        result = _compared(workload, chosen, names=policy or [], caps=caps)
    from agentaudit.report.simulation_table import render_simulation
    from agentaudit.store.artifacts import write_artifact

    text = render_simulation(result, width=terminal.out.width)
    terminal.out.print(text, end="", soft_wrap=True)
    if json_file is not None:
        write_artifact(result, json_file)
        terminal.note(f"Written to {json_file}.")
    raise typer.Exit(int(exit_code(failed=False, incomplete=not whole)))


def _loaded(
    source: Path, *, arrivals: str | None, requests: int | None, seed: int | None
) -> "tuple[Workload, Machine, bool]":
    """The workload, the machine, and whether all of the file could be read."""
    from agentaudit.simulation.arrivals import parse_arrivals

    how = parse_arrivals(arrivals) if arrivals is not None else None
    if not source.is_file():
        raise InputError(Problem(file=str(source), message="no such file"))
    if source.suffix in (".yaml", ".yml"):
        return *_synthetic(source, arrivals=how, requests=requests, seed=seed), True
    return _recorded(source, arrivals=how, requests=requests, seed=seed)


def _recorded(
    source: Path, *, arrivals: "Arrivals | None", requests: int | None, seed: int | None
) -> "tuple[Workload, Machine, bool]":
    from agentaudit.cli.traces import read_trace, step_rules
    from agentaudit.model.trace import unread

    trace = read_trace(source, step_rules([]))
    replay = _replay(trace, str(source), arrivals=arrivals, requests=requests, seed=seed)
    return *replay, not unread(trace.incidents)


def replayed(trace: "Trace", *, source: str) -> "Simulation":
    """A trace as it arrived, under the policies that suit it; `source` is its name."""
    workload, machine = _replay(trace, source, arrivals=None, requests=None, seed=None)
    return _compared(workload, machine, names=[], caps="")


def _replay(
    trace: "Trace",
    source: str,
    *,
    arrivals: "Arrivals | None",
    requests: int | None,
    seed: int | None,
) -> "tuple[Workload, Machine]":
    from agentaudit.simulation.arrivals import RECORDED, shaped
    from agentaudit.simulation.recorded import recorded_workload

    workload, machine = recorded_workload(trace, source=source)
    how = arrivals or RECORDED
    return shaped(workload, arrivals=how, requests=requests, seed=seed or 0), machine


def _synthetic(
    source: Path, *, arrivals: "Arrivals | None", requests: int | None, seed: int | None
) -> "tuple[Workload, Machine]":
    from agentaudit.readers.yaml import parse_yaml
    from agentaudit.simulation.machine import plain_machine
    from agentaudit.simulation.synthetic import synthetic_workload
    from agentaudit.simulation.workload_file import overridden, parse_workload

    root = parse_yaml(str(source), _text(source)).root
    shape = overridden(
        parse_workload(root, file=str(source)), arrivals=arrivals, requests=requests, seed=seed
    )
    machine = shape.machine or plain_machine(os.cpu_count() or 1)
    return synthetic_workload(shape, source=str(source)), machine


def _text(source: Path) -> str:
    try:
        with source.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise InputError(Problem(file=str(source), message="is larger than 1 MiB"))
        return content.decode()
    except OSError as error:
        problem = Problem(file=str(source), message=f"cannot be read: {error.strerror}")
        raise InputError(problem) from error
    except UnicodeDecodeError as error:
        raise InputError(Problem(file=str(source), message="is no UTF-8 text")) from error


def _machine(host: "Machine", *, name: str | None, cores: int | None) -> "Machine":
    from agentaudit.simulation.machine import named_machine, with_cores

    chosen = host if name is None else named_machine(name)
    return chosen if cores is None else with_cores(chosen, cores)


def _compared(
    workload: "Workload", machine: "Machine", *, names: list[str], caps: str
) -> "Simulation":
    from agentaudit.simulation.compare import compare_shipped

    return compare_shipped(workload, machine, names=names, caps=caps)
