"""`agentaudit simulate calibrate`: this machine, or a stage measured elsewhere, as a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from agentaudit.cli.commands import command
from agentaudit.cli.outcome import write_text
from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.model.workload import PowerCurve, SpeedCurve

_MOST_SHOWN = 8
"""Calls at once up to which the played server is tried."""


app = command()


@app.command()
def calibrate(
    context: typer.Context,
    cpu: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Of a CPU stage: concurrency, seconds, watts."),
    ] = None,
    gpu: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Of an LLM stage: concurrency, seconds, watts."),
    ] = None,
    cores: Annotated[
        int | None, typer.Option(metavar="N", help="Cores of the machine that was measured.")
    ] = None,
    raised: Annotated[
        bool,
        typer.Option("--raised", help="Measure before other programs of this machine; needs root."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            allow_dash=True,
            help="Also write a machine file here.",
        ),
    ] = None,
) -> None:
    """
    Measure a machine for simulations: this one, or another.

    It prints the `machine:` of a workload file. Without a CSV this machine is measured, in about
    ten seconds: how fast it does each kind of work with 1, 2, 4, … jobs at once, what handing out a
    step costs, and whether the server that `simulate validate` plays keeps to its batch curve. A
    CSV has the columns `concurrency` and `seconds`, and a row of concurrency 1. With a column
    `watts`, or `joules` of all calls of a row together, and a row of concurrency 0, idle, the
    machine has its watts too. Other columns do no harm.

    \b
    Examples:
      agentaudit simulate calibrate -o here.yaml
      agentaudit simulate calibrate --cpu lexrank.csv --gpu llm.csv --cores 48
      agentaudit simulate scheduler run.aatrace --machine here.yaml

    Exit codes: 0 measured; 2 usage or unreadable input; 3 a process died.
    """
    terminal = terminal_of(context, output)
    if cpu is None and gpu is None:
        if cores is not None:
            raise UsageError("--cores goes with a CSV: of this machine they are counted")
        with terminal.progress("Measuring this machine"):
            comments, lines = _this_machine(raised=raised)
    else:
        comments, lines = _elsewhere(cpu, gpu, cores)
    block = "machine:\n" + "".join(f"  {line}\n" for line in lines)
    terminal.out.print(comments + block, end="", soft_wrap=True)
    if output is not None:
        write_text(output, comments + "".join(f"{line}\n" for line in lines))
        terminal.wrote(output)


def _this_machine(*, raised: bool) -> tuple[str, list[str]]:
    from contextlib import ExitStack

    from agentaudit.cli.laboratory import doubled, server_speeds, sides
    from agentaudit.model.execution import StageLatency
    from agentaudit.probes.execution.calibration import measure_host
    from agentaudit.probes.execution.priority import raised as raised_priority
    from agentaudit.probes.execution.tools import Tool
    from agentaudit.probes.execution.workers import Workers
    from agentaudit.probes.host import usable_cores
    from agentaudit.report.calibration_text import commented, host_comments
    from agentaudit.simulation.machines.calibration import curve_error, host_curve, machine_lines
    from agentaudit.simulation.machines.machine import plain_machine
    from agentaudit.simulation.policies.capped import FirstCome

    machine, jobs = plain_machine(usable_cores()), sides(usable_cores())
    with ExitStack() as stack:
        workers = stack.enter_context(
            Workers(count=jobs[-1], tools=tuple(Tool), server=server_speeds(machine))
        )
        if raised:
            stack.enter_context(raised_priority(workers))
        host = measure_host(
            workers, tuple(Tool), FirstCome, side_by_side=jobs, calls=doubled(_MOST_SHOWN)
        )
    curve = host_curve(host, dict.fromkeys(Tool, 1.0))
    seen = [StageLatency(concurrency=number, seconds=ns / 1e9) for number, ns in host.server]
    comments = [
        *host_comments(host),
        f"The played server keeps to its curve within {curve_error(machine.gpu, seen):.1%}.",
        "The CPU below is the mean of all kinds of work; the LLM server is not measured here.",
    ]
    lines = machine_lines(cores=host.cores, cpu=curve, gpu=None, dispatch_ns=host.driver_ns)
    return commented(comments), lines


def _elsewhere(cpu: Path | None, gpu: Path | None, cores: int | None) -> tuple[str, list[str]]:
    from agentaudit.model.workload import Power
    from agentaudit.report.calibration_text import commented
    from agentaudit.simulation.machines.calibration import machine_lines
    from agentaudit.simulation.machines.machine import MOST_CORES

    if cores is None or not 1 <= cores <= MOST_CORES:
        raise UsageError(f"a CSV needs --cores, from 1 to {MOST_CORES}: those it was measured on")
    of_cpu, of_gpu = _fitted("cpu", cpu), _fitted("gpu", gpu)
    lines = machine_lines(
        cores=cores,
        cpu=of_cpu.speeds,
        gpu=of_gpu.speeds,
        dispatch_ns=0,
        power=Power(cpu=of_cpu.watts, gpu=of_gpu.watts),
    )
    return commented([*of_cpu.told, *of_gpu.told]), lines


class _Fitted(Struct, frozen=True, kw_only=True):
    """The curves of a stage that was measured elsewhere, and what is told of their fit."""

    speeds: "SpeedCurve | None" = None
    watts: "PowerCurve | None" = None
    told: tuple[str, ...] = ()


def _fitted(name: str, file: Path | None) -> _Fitted:
    """Of a file; nothing is known without one."""
    from agentaudit.readers.measured_stage import read_measured_stage
    from agentaudit.report.calibration_text import fit_comments, power_comments
    from agentaudit.simulation.machines import calibration

    if file is None:
        return _Fitted()
    stage = read_measured_stage(file)
    speeds = calibration.stage_curve(stage.latencies)
    error = calibration.left_out_error(stage.latencies)
    told = tuple(fit_comments(name, stage.latencies, left_out=error))
    if not stage.power:
        return _Fitted(speeds=speeds, told=told)
    error = calibration.left_out_watts_error(stage.power, speeds)
    more = power_comments(name, stage.power, left_out=error)
    watts = calibration.power_curve(stage.power)
    return _Fitted(speeds=speeds, watts=watts, told=(*told, *more))
