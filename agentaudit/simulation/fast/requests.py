"""A workload whose requests stay columns: each is made when it is looked at, and by few."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from msgspec.structs import replace

from agentaudit.model.workload import Heavy, Workload, WorkRequest
from agentaudit.simulation.fast.columns import HEAVIES, NOBODY, WorkColumns, in_order, requests_of

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


def types_there(columns: WorkColumns) -> tuple[str, ...]:
    """The types that any request is of."""
    return tuple(columns.types[place] for place in np.unique(columns.type).tolist())


def classes_there(workload: Workload) -> set[Heavy]:
    """The classes that any request is of."""
    columns = columns_of(workload)
    if columns is None:
        return {request.heavy for request in workload.requests}
    return {HEAVIES[code] for code in np.unique(columns.heavy).tolist()}


def sooner(columns: WorkColumns, factor: float) -> WorkColumns:
    """The same requests, coming so many times as fast."""
    return replace(columns, arrival_ns=np.rint(columns.arrival_ns / factor).astype(np.int64))


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
    )
