"""
Sweeps: many runs of one workload, over arrivals, machines, cores, policies, caps and seeds.

Cells of equal arrivals and seed share their requests (common random numbers), so that what differs
between them is what was asked. A row is a function of its cell and the source, and of nothing else:
where and in which order cells are computed does not matter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

from agentaudit.errors import UsageError
from agentaudit.model.sweep import Cell, SweepRow
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.experiments.large_workloads import written_workload
from agentaudit.simulation.experiments.metrics import result_of
from agentaudit.simulation.files.workload_file import overridden
from agentaudit.simulation.machines.machine import with_cores
from agentaudit.simulation.policies.caps import default_caps, with_caps
from agentaudit.simulation.policies.catalogue import policy_names, shipped_policies
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.workloads.arrivals import RECORDED, parse_arrivals
from agentaudit.simulation.workloads.shaping import shaped
from agentaudit.simulation.workloads.synthetic import WorkloadShape

MOST_CELLS = 1_000_000


class Source(Protocol):
    """What is swept: it makes the workload of each arrivals and seed."""

    @property
    def machines(self) -> Mapping[str, Machine]:
        """By what cells call them: "" where there is one alone."""
        ...

    def workload(self, arrivals: str, seed: int) -> Workload: ...


class RecordedSource(Struct, frozen=True, kw_only=True):
    """Requests of a recording; another number of them is drawn by the seed."""

    recorded: Workload
    machines: Mapping[str, Machine]
    requests: int | None = None

    def workload(self, arrivals: str, seed: int) -> Workload:
        how = parse_arrivals(arrivals) if arrivals else RECORDED
        return shaped(self.recorded, arrivals=how, requests=self.requests, seed=seed)


class WrittenSource(Struct, frozen=True, kw_only=True):
    """A workload file; every seed draws its demands anew."""

    shape: WorkloadShape
    name: str
    machines: Mapping[str, Machine]

    def workload(self, arrivals: str, seed: int) -> Workload:
        how = parse_arrivals(arrivals) if arrivals else None
        shape = overridden(self.shape, arrivals=how, requests=None, seed=seed)
        return written_workload(shape, source=self.name)


class Axes(Struct, frozen=True, kw_only=True):
    """
    What is varied. Empty policies are those that suit the arrivals; "" is the source's own.

    `others` are names of policies of the user's, which have no caps that could be varied.
    """

    arrivals: Sequence[str] = ("",)
    cores: Sequence[int] = ()
    policies: Sequence[str] = ()
    others: Sequence[str] = ()
    caps: Sequence[str] = ("",)
    seeds: Sequence[int] = (0,)


def cells_of(source: Source, axes: Axes) -> tuple[Cell, ...]:
    """
    All combinations, each once, in the order in which they are shown; the baseline is among them.

    Raises UsageError for a name, a cap, a number of cores or a way to arrive that there is none of.
    """
    found: dict[Cell, None] = {}
    for arrivals in axes.arrivals:
        workload = source.workload(arrivals, axes.seeds[0])
        names = policy_names(axes.policies, workload, others=bool(axes.others))
        tried = (*product(names, axes.caps), *product(axes.others, ("",)))
        for called, cores in _machines(source, axes):
            machine = with_cores(source.machines[called], cores)
            for caps in axes.caps:
                with_caps(default_caps(workload, machine), caps)
            here = partial(Cell, arrivals=arrivals, machine=called, cores=cores)
            for (name, caps), seed in product(tried, axes.seeds):
                found[here(policy=name, caps=caps, seed=seed)] = None
            if len(found) > MOST_CELLS:
                raise UsageError(f"a sweep has at most {MOST_CELLS:,} cells")
    return tuple(found)


def _machines(source: Source, axes: Axes) -> Iterator[tuple[str, int]]:
    """What each machine is called, with each of its numbers of cores: its own unless asked."""
    for called, machine in source.machines.items():
        for cores in axes.cores or (machine.cores,):
            yield called, cores


def tasks_of(cells: Iterable[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """The cells in tasks: those of one share their requests, which are made once."""
    of_requests: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        of_requests.setdefault((cell.arrivals, cell.seed), []).append(cell)
    return tuple(map(tuple, of_requests.values()))


def rows_of(
    source: Source, task: Sequence[Cell], others: Mapping[str, Policy] = MappingProxyType({})
) -> list[SweepRow]:
    """What came of the cells of one task, in their order; `others` are the user's, by name."""
    workload = source.workload(task[0].arrivals, task[0].seed)
    machines = source.machines
    return [
        _row(workload, with_cores(machines[cell.machine], cell.cores), cell, others)
        for cell in task
    ]


def _row(
    workload: Workload, machine: Machine, cell: Cell, others: Mapping[str, Policy]
) -> SweepRow:
    policy = others.get(cell.policy)
    if policy is None:
        caps = with_caps(default_caps(workload, machine), cell.caps)
        (policy,) = shipped_policies((cell.policy,), caps)
    result = result_of(workload, machine, policy)
    return SweepRow(
        cell=cell,
        parameters=result.parameters,
        latency=result.overall.latency,
        waiting=result.overall.waiting,
        service=result.overall.service,
        throughput_per_s=result.throughput_per_s,
        cpu_utilisation=result.cpu_utilisation,
        gpu_utilisation=result.gpu_utilisation,
        running_peak=result.running_peak,
        overloaded=result.overloaded,
    )
