"""What `agentaudit simulate scheduler` shows beside its numbers: bars, charts and a schedule."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agentaudit.cli.terminal import Terminal

if TYPE_CHECKING:
    from agentaudit.model.results import Simulation
    from agentaudit.simulation.ranking import Ranking

GANTT = typer.Option(
    "--gantt", help="Also show when some requests would run, as bars, under two of the policies."
)
CHARTS = typer.Option(metavar="DIR", help="Also draw charts, as SVG files in this folder.")
SCHEDULE = typer.Option(
    metavar="FILE",
    help=(
        "Also write when each step would run, for ui.perfetto.dev, under the one policy named, or"
        " else the best."
    ),
)


def print_bars(terminal: Terminal, simulation: "Simulation") -> None:
    """Some requests under the baseline and the best, after the numbers."""
    from agentaudit.report.schedule_strip import render_bars

    if simulation.views is not None:
        out = terminal.out
        bars = simulation.views.bars
        text = render_bars(bars, width=out.width, ascii_only=out.options.ascii_only)
        out.print(text, end="", soft_wrap=True)


def write_charts(folder: Path, simulation: "Simulation") -> str:
    """The charts of the report, a file each; says which."""
    from agentaudit.report.chart_files import chart_files
    from agentaudit.store.placing import write_whole

    names = []
    for name, svg in chart_files(simulation):
        write_whole(folder / name, [svg.encode()], overwrite=True)
        names.append(name)
    return f"Drawn in {folder}: {', '.join(names)}."


def write_schedule(path: Path, ranking: "Ranking", *, only: bool) -> str:
    """
    The schedule of the first run as a timeline for Perfetto; says what it holds.

    It is that of the best policy, or with `only` of the one that stands beside the baseline.
    """
    from agentaudit.simulation.schedule import schedule_of
    from agentaudit.simulation.simulated_trace import simulated_trace
    from agentaudit.store.export_perfetto import perfetto
    from agentaudit.store.placing import write_whole

    policies = [outcome.policy for outcome in ranking.outcomes]
    if only:
        policies.sort(key=lambda policy: policy.name == ranking.baseline)
    workload, machine = ranking.experiment.first, ranking.experiment.machine
    schedule = schedule_of(workload, machine, policies[0])
    trace = simulated_trace(schedule, machine, source=workload.source)
    size = write_whole(path, perfetto(trace), overwrite=True)
    return f"The schedule under {schedule.policy} is in {path} ({size / 1e6:.1f} MB)."
