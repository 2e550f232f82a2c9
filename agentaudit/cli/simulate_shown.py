"""What `agentaudit simulate scheduler` shows beside its numbers: charts and a schedule."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from agentaudit.cli.terminal import Terminal
    from agentaudit.model.results import Simulation
    from agentaudit.model.workload import Machine, Workload
    from agentaudit.simulation.policy import Policy

CHARTS = typer.Option(metavar="DIR", help="Also draw charts, as SVG files in this folder.")
GANTT = typer.Option(
    "--gantt", help="Also show when some requests would run, as bars, under two of the policies."
)
SCHEDULE = typer.Option(
    metavar="FILE",
    help=(
        "Also write when each step would run, for ui.perfetto.dev, under the one policy named, or"
        " else the best."
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """The comparison as it was asked for."""

    workload: "Workload"
    machine: "Machine"
    _: KW_ONLY
    names: Sequence[str]
    caps: str

    def with_views(self, simulation: "Simulation") -> "Simulation":
        """The artifact with what its charts are drawn from."""
        from agentaudit.simulation.views import with_views

        return with_views(simulation, self.workload, self.machine, self._policies())

    def print_bars(self, terminal: "Terminal", simulation: "Simulation") -> None:
        """Some requests under the baseline and the best, after the numbers."""
        from agentaudit.report.schedule_strip import render_bars

        if simulation.views is not None:
            out = terminal.out
            ascii_only = out.options.ascii_only
            text = render_bars(simulation.views.bars, width=out.width, ascii_only=ascii_only)
            out.print(text, end="", soft_wrap=True)

    def write_charts(self, folder: Path, simulation: "Simulation") -> str:
        """The charts of the report, a file each; says which."""
        from agentaudit.report.chart_files import chart_files
        from agentaudit.store.placing import write_whole

        names = []
        for name, svg in chart_files(simulation):
            write_whole(folder / name, [svg.encode()], overwrite=True)
            names.append(name)
        return f"Drawn in {folder}: {', '.join(names)}."

    def write_schedule(self, path: Path, *, best: str) -> str:
        """The schedule as a timeline for Perfetto; says what it holds."""
        from agentaudit.simulation.schedule import schedule_of
        from agentaudit.simulation.simulated_trace import simulated_trace
        from agentaudit.store.export_perfetto import perfetto
        from agentaudit.store.placing import write_whole

        policies = self._policies()
        policy = (
            policies[-1]
            if len(self.names) == 1
            else next(policy for policy in policies if policy.name == best)
        )
        schedule = schedule_of(self.workload, self.machine, policy)
        trace = simulated_trace(schedule, self.machine, source=self.workload.source)
        size = write_whole(path, perfetto(trace), overwrite=True)
        return f"The schedule under {policy.name} is in {path} ({size / 1e6:.1f} MB)."

    def _policies(self) -> "tuple[Policy, ...]":
        from agentaudit.simulation.compare import chosen_policies

        return chosen_policies(self.workload, self.machine, names=self.names, caps=self.caps)
