"""Runs of the laboratory beside what was foretold of them, and the artifact that says how well."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit import __version__
from agentaudit.lists import counted
from agentaudit.model.execution import Contest, Execution, HostMeasurement
from agentaudit.model.validation import ValidatedRun, Validation
from agentaudit.model.workload import Machine, Stage, Workload
from agentaudit.probes.execution.model_server import ModelServer
from agentaudit.probes.execution.tools import Tool, tool_of
from agentaudit.simulation.experiments.accuracy import accuracies, comparisons, foreknown, own
from agentaudit.simulation.experiments.fidelity import (
    Recording,
    costs_of,
    used_alone,
    validated,
)
from agentaudit.simulation.machines.calibration import capacity, contender, host_progress
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.served import Overheads
from agentaudit.simulation.stations.cores import Contender

_FOREIGN = 0.1
"""Cores: above it, a run says more about its neighbours than about its policy."""
RECORDINGS = 3
"""
A run is foretold from so many before it: a machine's speed wavers from one to the next, and drifts.
"""


class Observation(Struct, frozen=True, kw_only=True):
    """One run, and a recording right before it: all steps, one after the other."""

    policy: str
    recorded: Execution
    execution: Execution


class Subject(Struct, frozen=True, kw_only=True):
    """What is run, and what is known of it before."""

    workload: Workload
    machine: Machine
    """This one; its GPU is the server."""
    host: HostMeasurement
    recorded: tuple[Execution, ...]
    """Further recordings, before all runs."""
    contests: tuple[Contest, ...]
    """How kinds of work share cores."""
    server: ModelServer | None = None
    """The real one; None where it is played."""

    def judged(
        self, seen: Sequence[Observation], policies: Mapping[str, Policy]
    ) -> list[ValidatedRun]:
        """Runs in their order, each beside its predictions; `policies` by their names."""
        recorded = [*self.recorded, *(one.recorded for one in seen)]
        repeats: Counter[str] = Counter()
        runs = []
        for place, one in enumerate(seen, len(self.recorded) + 1):
            before = recorded[max(place - RECORDINGS, 0) : place]
            policy = policies[one.policy]
            runs.append(self._judged(one.execution, before, policy, repeats[one.policy]))
            repeats[one.policy] += 1
        return runs

    def _judged(
        self, execution: Execution, recorded: Sequence[Execution], policy: Policy, repeat: int
    ) -> ValidatedRun:
        host = self.host
        return validated(
            execution,
            workload=self.workload,
            machine=self.machine,
            policy=policy,
            recording=Recording(
                costs=costs_of(*recorded),
                overheads=Overheads(
                    driver_ns=host.driver_ns,
                    contenders=self._contenders(recorded),
                    capacity=capacity(self.contests),
                    handovers=host.handovers,
                ),
                progress=host_progress(host),
            ),
            repeat=repeat,
        )

    def _contenders(self, recorded: Sequence[Execution]) -> dict[str, Contender]:
        return {
            name: contender(self.contests, tool_of(name), alone=alone, host=self.host)
            for name, alone in used_alone(recorded, self.workload).items()
        }


def validation(subject: Subject, runs: Sequence[ValidatedRun]) -> Validation:
    """The artifact of some runs."""
    return Validation(
        workload_source=subject.workload.source,
        arrivals=subject.workload.arrivals,
        requests=len(subject.workload.requests),
        seed=subject.workload.seed,
        machine=subject.machine,
        runs=tuple(runs),
        accuracy=accuracies(runs),
        foreknown_comparisons=comparisons([runs], foreknown),
        own_comparisons=comparisons([runs], own),
        warnings=tuple(_warnings(runs)),
        assumptions=(_server_sentence(subject.server), *_tool_sentence(subject.workload)),
        tool_version=__version__,
    )


def _warnings(runs: Sequence[ValidatedRun]) -> Iterator[str]:
    disturbed = [run for run in runs if run.foreign_cores > _FOREIGN]
    if disturbed:
        most = counted(f"{max(run.foreign_cores for run in disturbed):.2g}", "core")
        yield (
            f"Other programs used up to {most} in {len(disturbed)} of {len(runs)} runs:"
            " errors are those of a machine that was not ours alone. Repeat it when it is idle."
        )
    stolen = max((run.stolen_cores for run in runs), default=0.0)
    if stolen > _FOREIGN:
        yield f"The hypervisor took up to {stolen:.2g} cores away; no simulation knows of that."


_PLAYED = (
    "The inference server is played: a process that sleeps by the machine's batch curve. How well a"
    " batch curve describes a real GPU is not part of what is validated here."
)


def _server_sentence(server: ModelServer | None) -> str:
    if server is None:
        return _PLAYED
    return (
        f"Calls are completions of {server.model} at {server.url}, of as many tokens as come"
        f" nearest to their demands; a token alone takes {server.token_ns / 1e6:.3g} ms and a call"
        f" {server.call_ns / 1e6:.3g} ms more, as measured before the runs. What the server's own"
        " processes take of this machine's cores counts as other programs."
    )


def _tool_sentence(workload: Workload) -> Iterator[str]:
    unnamed = any(
        step.name not in set(Tool)
        for request in workload.requests
        for step in request.steps
        if step.stage is Stage.CPU
    )
    if unnamed:
        yield (
            "CPU steps whose name is no kind of work run a loop of byte code; the kinds are"
            f" {', '.join(Tool)}."
        )
