"""A workload whose requests stay columns: each is made when it is looked at, and by few."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, overload

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from agentaudit.model.workload import Heavy, Stage, Workload, WorkRequest
from agentaudit.simulation.fast import totals
from agentaudit.simulation.fast.columns import HEAVIES, NOBODY, WorkColumns, in_order, requests_of
from agentaudit.simulation.stations.stations import NEVER
from agentaudit.simulation.workloads import needs

Mask: TypeAlias = NDArray[np.bool_]
Factors: TypeAlias = NDArray[np.float64]
_CHUNK = 1 << 12
"""Requests made at once by who goes through all of them."""


class ColumnRequests(Sequence[WorkRequest]):
    """The requests of columns, in the order of their ids."""

    __slots__ = ("columns",)

    def __init__(self, columns: WorkColumns) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns)

    @overload
    def __getitem__(self, place: int) -> WorkRequest: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[WorkRequest, ...]: ...
    def __getitem__(self, place: int | slice) -> WorkRequest | tuple[WorkRequest, ...]:
        places = range(len(self))[place]
        if isinstance(places, int):
            return requests_of(self.columns, places, places + 1)[0]
        return tuple(requests_of(self.columns, one, one + 1)[0] for one in places)

    def __iter__(self) -> Iterator[WorkRequest]:
        for start in range(0, len(self), _CHUNK):
            yield from requests_of(self.columns, start, min(start + _CHUNK, len(self)))


class LargeWorkload(Workload, frozen=True, kw_only=True):
    """One whose requests may be columns."""

    @property
    def users(self) -> int:
        columns = columns_of(self)
        if columns is None:
            first = [request.follows is None for request in self.requests]
            return 0 if all(first) else sum(first)
        return 0 if columns.follows is None else int(np.sum(columns.follows == NOBODY))


def columns_of(workload: Workload) -> WorkColumns | None:
    """The columns of its requests, where they are any."""
    requests = workload.requests
    return requests.columns if isinstance(requests, ColumnRequests) else None


def span_ns(workload: Workload) -> int:
    """From the first arrival to the last."""
    columns = columns_of(workload)
    return needs.span_ns(workload.requests) if columns is None else totals.span_ns(columns)


def on_columns(
    workload: Workload, change: Callable[[WorkColumns], WorkColumns | None]
) -> Workload | None:
    """The workload with its columns changed; None where it has none, or where they cannot be."""
    columns = columns_of(workload)
    found = None if columns is None else change(columns)
    return None if found is None else replace(workload, requests=ColumnRequests(found))


def types_there(columns: WorkColumns) -> tuple[str, ...]:
    """The types that any request is of."""
    return tuple(columns.types[place] for place in np.unique(columns.type).tolist())


def classes_there(workload: Workload) -> set[Heavy]:
    """The classes that any request is of."""
    columns = columns_of(workload)
    if columns is None:
        return {request.heavy for request in workload.requests}
    return {HEAVIES[code] for code in np.unique(columns.heavy).tolist()}


def names_there(workload: Workload) -> set[str]:
    """The names that any step has."""
    columns = columns_of(workload)
    if columns is None:
        return {step.name for request in workload.requests for step in request.steps}
    return {columns.kinds[kind].name for kind in np.unique(columns.kind).tolist()}


def sooner(columns: WorkColumns, factor: float) -> WorkColumns | None:
    """The same requests, coming so many times as fast; None where the last would come too late."""
    arrival_ns = columns.arrival_ns / factor
    if arrival_ns.max(initial=0.0) >= NEVER:
        return None
    return replace(columns, arrival_ns=np.rint(arrival_ns).astype(np.int64))


def coming_at(columns: WorkColumns, instants: Iterator[int]) -> WorkColumns:
    """The same requests at these instants, whoever was answered."""
    arrival_ns = np.fromiter(instants, dtype=np.int64, count=len(columns))
    return replace(columns, arrival_ns=arrival_ns, follows=None, think_ns=None)


def longer(
    columns: WorkColumns, factor: float, chosen: Callable[[str, Stage, str], bool]
) -> WorkColumns | None:
    """
    The same requests, of which some steps take so many times as long; None where that is too long.

    Steps are chosen by the type of their request, by their stage and their name.
    """
    table = np.array(
        [[chosen(name, kind.stage, kind.name) for kind in columns.kinds] for name in columns.types],
        dtype=bool,
    )
    if not table.any():
        return columns
    of_step = np.repeat(columns.type, np.diff(columns.begin))
    return _stretched(columns, table[of_step, columns.kind], factor)


def longer_each(columns: WorkColumns, factors: Sequence[float], stage: Stage) -> WorkColumns | None:
    """
    The same requests, each with a factor for its steps of one stage; None where one is too long.

    No step is shorter than a nanosecond then.
    """
    on_stage = np.array([kind.stage is stage for kind in columns.kinds], dtype=bool)[columns.kind]
    of_step = np.repeat(np.array(factors), np.diff(columns.begin))
    return _stretched(columns, on_stage, of_step, least_ns=1)


def _stretched(
    columns: WorkColumns, chosen: Mask, factors: Factors | float, *, least_ns: int = 0
) -> WorkColumns | None:
    """With so many times the demand of each step that is chosen; None where one is too long."""
    longer_ns = np.where(chosen, columns.demand_ns * factors, 0.0)
    if longer_ns.max(initial=0.0) >= NEVER:
        return None
    whole_ns = np.maximum(np.rint(longer_ns).astype(np.int64), least_ns)
    return replace(columns, demand_ns=np.where(chosen, whole_ns, columns.demand_ns))


def dealt(columns: WorkColumns, users: int) -> WorkColumns | None:
    """As `changes.with_users`; None where nobody thinks, or they would come too late."""
    if columns.follows is None or columns.think_ns is None:
        return None
    first = columns.follows == NOBODY
    thoughts = columns.think_ns[~first]
    places = np.arange(len(columns), dtype=np.int32)
    think_ns = np.where(first, thoughts[places % len(thoughts)], columns.think_ns)
    if float(think_ns.sum(dtype=np.float64)) >= NEVER:
        return None
    rounds = np.zeros((-(-len(columns) // users), users), dtype=np.int64)
    rounds.ravel()[: len(columns)] = think_ns
    return replace(
        columns,
        arrival_ns=rounds.cumsum(axis=0).ravel()[: len(columns)],
        follows=np.where(places < users, NOBODY, places - users).astype(np.int32),
        think_ns=np.where(places < users, 0, think_ns),
    )


def first_requests(columns: WorkColumns, most: int) -> list[WorkRequest]:
    """At most so many requests, the first by arrival and then by id."""
    places = np.arange(len(columns))[in_order(columns.arrival_ns)][:most].tolist()
    return [requests_of(columns, place, place + 1)[0] for place in places]


def large_workload(columns: WorkColumns) -> Workload:
    """The workload of columns."""
    return LargeWorkload(
        requests=ColumnRequests(columns),
        source=columns.source,
        arrivals=columns.arrivals,
        seed=columns.seed,
        assumptions=columns.assumptions,
        cpu_known=columns.cpu_known,
    )
