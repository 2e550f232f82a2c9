"""
A workload and a run as columns: a few arrays, however many requests there are.

Requests stand in the order of their ids. The values of `agentaudit.model` are made of columns and
turned into them here; between, nothing is an object for each request.
"""

from collections.abc import Sequence
from itertools import chain
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Heavy, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.run import Run
from agentaudit.simulation.stations.power import Levels
from agentaudit.simulation.workloads.following import followers_of

Ints: TypeAlias = NDArray[np.int64]
Places: TypeAlias = NDArray[np.int32]
Codes: TypeAlias = NDArray[np.int8]

HEAVIES = (Heavy.CPU, Heavy.GPU)
NOBODY = -1


class StepKind(Struct, frozen=True, kw_only=True):
    """What many steps have in common."""

    stage: Stage
    threads: int = 1
    name: str = ""
    interpreted: float = 1.0
    tokens: int = 0


class WorkColumns(Struct, frozen=True, kw_only=True, eq=False):
    """A `Workload`: see there. Steps of request r are those from `begin[r]` to `begin[r + 1]`."""

    ids: Ints | None
    """Ascending; None where they count from 0."""
    types: tuple[str, ...]
    type: Places
    """Which of `types` each request is of."""
    heavy: Codes
    """Which of `HEAVIES`."""
    arrival_ns: Ints
    begin: Places
    kinds: tuple[StepKind, ...]
    kind: Places
    demand_ns: Ints
    follows: Places | None = None
    """The place of the request that each follows, or `NOBODY`; None where nobody follows."""
    think_ns: Ints | None = None
    source: str
    arrivals: str
    seed: int
    assumptions: tuple[str, ...] = ()
    cpu_known: bool = True

    def __len__(self) -> int:
        return len(self.arrival_ns)


class RunColumns(Struct, frozen=True, kw_only=True, eq=False):
    """A `Run`: see there. Requests stand as in the workload, in the order of their ids."""

    arrival_ns: Ints
    start_ns: Ints
    finish_ns: Ints
    cpu_busy_ns: int
    gpu_busy_ns: int
    cpu_work_ns: int
    gpu_work_ns: int
    wait_ns: int
    running_peak: int
    cpu_levels: Levels
    gpu_levels: Levels

    @property
    def makespan_ns(self) -> int:
        """First arrival to last finish."""
        if not len(self.finish_ns):
            return 0
        return int(self.finish_ns.max()) - int(self.arrival_ns.min())


def work_columns(workload: Workload) -> WorkColumns:
    """
    The columns of a workload.

    Raises ValueError where requests share an id, follow one that there is none of, or each other
    in a circle; OverflowError where a number does not fit, while the readable engine takes any
    integer.
    """
    requests = sorted(workload.requests, key=lambda request: request.request_id)
    ids = np.array([request.request_id for request in requests], dtype=np.int64)
    if len(ids) and not np.all(np.diff(ids)):
        raise ValueError("two requests of the workload have the same id")
    steps = list(chain.from_iterable(request.steps for request in requests))
    named = [(step.stage, step.threads, step.name, step.interpreted, step.tokens) for step in steps]
    kinds = {kind: place for place, kind in enumerate(dict.fromkeys(named))}
    types = {name: place for place, name in enumerate(sorted({item.type for item in requests}))}
    follows = _follows(requests)
    return WorkColumns(
        ids=ids,
        types=tuple(types),
        type=np.array([types[item.type] for item in requests], dtype=np.int32),
        heavy=np.array([HEAVIES.index(item.heavy) for item in requests], dtype=np.int8),
        arrival_ns=np.array([item.arrival_ns for item in requests], dtype=np.int64),
        begin=np.cumsum([0, *(len(item.steps) for item in requests)], dtype=np.int32),
        kinds=tuple(
            StepKind(stage=stage, threads=threads, name=name, interpreted=share, tokens=tokens)
            for stage, threads, name, share, tokens in kinds
        ),
        kind=np.array([kinds[kind] for kind in named], dtype=np.int32),
        demand_ns=np.array([step.demand_ns for step in steps], dtype=np.int64),
        follows=follows,
        think_ns=None
        if follows is None
        else np.array([item.think_ns for item in requests], dtype=np.int64),
        source=workload.source,
        arrivals=workload.arrivals,
        seed=workload.seed,
        assumptions=workload.assumptions,
        cpu_known=workload.cpu_known,
    )


def _follows(requests: Sequence[WorkRequest]) -> Places | None:
    followers = followers_of(requests)
    if not followers:
        return None
    follows = np.full(len(requests), NOBODY, dtype=np.int32)
    for place, following in followers.items():
        follows[following] = place
    return follows


def workload_of(columns: WorkColumns) -> Workload:
    """The workload of columns, in order of arrival: an object for each request, so for few."""
    requests = requests_of(columns, 0, len(columns))
    return Workload(
        requests=tuple(sorted(requests, key=lambda item: (item.arrival_ns, item.request_id))),
        source=columns.source,
        arrivals=columns.arrivals,
        seed=columns.seed,
        assumptions=columns.assumptions,
        cpu_known=columns.cpu_known,
    )


def requests_of(columns: WorkColumns, start: int, stop: int) -> list[WorkRequest]:
    """The requests from one place up to another, as objects."""
    chosen = slice(start, stop)
    ids = range(start, stop) if columns.ids is None else columns.ids[chosen].tolist()
    begin = columns.begin[start : stop + 1].tolist()
    first = begin[0]
    of_steps = slice(first, begin[-1])
    steps = [
        _step(columns.kinds[kind], demand_ns)
        for kind, demand_ns in zip(
            columns.kind[of_steps].tolist(), columns.demand_ns[of_steps].tolist(), strict=True
        )
    ]
    count = stop - start
    follows = _followed(columns, chosen)
    thinks = [0] * count if columns.think_ns is None else columns.think_ns[chosen].tolist()
    types, heavies = columns.type[chosen].tolist(), columns.heavy[chosen].tolist()
    arrivals = columns.arrival_ns[chosen].tolist()
    return [
        WorkRequest(
            request_id=ids[place],
            type=columns.types[types[place]],
            heavy=HEAVIES[heavies[place]],
            arrival_ns=arrivals[place],
            steps=tuple(steps[begin[place] - first : begin[place + 1] - first]),
            follows=follows[place],
            think_ns=thinks[place],
        )
        for place in range(count)
    ]


def _followed(columns: WorkColumns, chosen: slice) -> list[int | None]:
    """The ids that some requests follow; looked up one by one, since few are asked for at once."""
    if columns.follows is None:
        return [None] * len(range(*chosen.indices(len(columns))))
    places = columns.follows[chosen].tolist()
    ids = range(len(columns)) if columns.ids is None else columns.ids
    return [None if place == NOBODY else int(ids[place]) for place in places]


def _step(kind: StepKind, demand_ns: int) -> WorkStep:
    return WorkStep(
        stage=kind.stage,
        demand_ns=demand_ns,
        threads=kind.threads,
        name=kind.name,
        interpreted=kind.interpreted,
        tokens=kind.tokens,
    )


def run_of(run: RunColumns, columns: WorkColumns) -> Run:
    """The run of columns, a record for each request in order of arrival."""
    ids = _ids(columns)
    types = columns.type.tolist()
    instants = (run.arrival_ns.tolist(), run.start_ns.tolist(), run.finish_ns.tolist())
    came, started, finished = instants
    order = np.arange(len(run.arrival_ns))[in_order(run.arrival_ns)].tolist()
    return Run(
        records=tuple(
            RequestRecord(
                request_id=ids[place],
                type=columns.types[types[place]],
                arrival_ns=came[place],
                start_ns=started[place],
                finish_ns=finished[place],
            )
            for place in order
        ),
        cpu_busy_ns=run.cpu_busy_ns,
        gpu_busy_ns=run.gpu_busy_ns,
        cpu_work_ns=run.cpu_work_ns,
        gpu_work_ns=run.gpu_work_ns,
        wait_ns=run.wait_ns,
        running_peak=run.running_peak,
        cpu_levels=run.cpu_levels,
        gpu_levels=run.gpu_levels,
    )


def in_order(arrival_ns: Ints) -> Ints | slice:
    """The places of requests in order of arrival, and of ids among those that arrive together."""
    if np.all(arrival_ns[1:] >= arrival_ns[:-1]):
        return slice(None)
    return np.argsort(arrival_ns, kind="stable")


def _ids(columns: WorkColumns) -> Sequence[int]:
    ids: Sequence[int] = range(len(columns)) if columns.ids is None else columns.ids.tolist()
    return ids
