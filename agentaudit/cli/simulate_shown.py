"""What `agentaudit simulate scheduler` shows beside its numbers: charts and a schedule."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from agentaudit.cli.terminal import Terminal
    from agentaudit.model.results import Simulation
    from agentaudit.simulation.answers.ranking import Ranking

CHARTS = typer.Option(metavar="DIR", help="Also draw charts, as SVG files in this folder.")
GANTT = typer.Option(
    "--gantt", help="Also show when some requests would run, as bars, under two of the policies."
)
SCHEDULE = typer.Option(
    metavar="FILE",
    allow_dash=True,
    help=(
        "Also write when each step would run, for ui.perfetto.dev, under the one policy named, or"
        " else the best."
    ),
)


def print_bars(terminal: "Terminal", simulation: "Simulation") -> None:
    """Some requests under the baseline and the best, after the numbers."""
    from agentaudit.report.tables.schedule_strip import render_bars

    if simulation.views is not None:
        out = terminal.out
        ascii_only = out.options.ascii_only
        text = render_bars(simulation.views.bars, width=out.width, ascii_only=ascii_only)
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


def write_schedule(path: Path, ranking: "Ranking", *, named: bool) -> str:
    """
    The schedule of one policy as a timeline for Perfetto; says what it holds.

    It is the one that was `named` beside the baseline, or else the best.
    """
    from agentaudit.simulation.runs.schedule import schedule_of
    from agentaudit.simulation.runs.simulated_trace import simulated_trace
    from agentaudit.store.export_perfetto import perfetto
    from agentaudit.store.placing import write_whole

    others = [one.policy for one in ranking.outcomes if one.policy.name != ranking.baseline]
    policy = others[0] if named and others else ranking.best.policy
    workload, machine = ranking.experiment.first, ranking.experiment.machine
    schedule = schedule_of(workload, machine, policy)
    trace = simulated_trace(schedule, machine, source=workload.source)
    size = write_whole(path, perfetto(trace), overwrite=True)
    return f"The schedule under {policy.name} is in {path} ({size / 1e6:.1f} MB)."
