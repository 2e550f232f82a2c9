"""Requests of columns as a policy in Python sees them, each made only as far as it is looked at."""

from collections import deque
from collections.abc import Sequence
from functools import partial
from itertools import repeat
from typing import Any, ClassVar

import numpy as np

from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.fast.columns import WorkColumns, requests_of
from agentaudit.simulation.fast.parts import Places

_FIELDS = frozenset(WorkRequest.__dataclass_fields__)
_SET_ID = WorkRequest.__dict__["request_id"].__set__
_CHUNK = 1 << 8


class RequestView(WorkRequest):
    """A request that knows its id; what else is asked for is read from the columns then."""

    __slots__ = ()
    columns: ClassVar[WorkColumns]

    def __new__(cls, **fields: Any) -> Any:  # noqa: ANN401, what `replace` makes of a view
        """A whole request, where somebody makes a changed one; views are made without this."""
        return WorkRequest(**fields)

    def __getattr__(self, name: str) -> object:
        """What has not been read yet: Python asks here for nothing else."""
        if name not in _FIELDS:
            raise AttributeError(f"'WorkRequest' object has no attribute '{name}'")
        whole = self._whole()
        for field in _FIELDS:
            object.__setattr__(self, field, getattr(whole, field))
        return getattr(whole, name)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RequestView):
            other = other._whole()
        return self._whole() == other

    __hash__ = WorkRequest.__hash__

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Copies are whole: the class of this one is made for one run."""
        whole = self._whole()
        return partial(WorkRequest, **{name: getattr(whole, name) for name in _FIELDS}), ()

    def _whole(self) -> WorkRequest:
        """The same as an object that needs no columns."""
        ids, place = self.columns.ids, self.request_id
        if ids is not None:
            place = int(np.searchsorted(ids, place))
        return requests_of(self.columns, place, place + 1)[0]


def view_class(columns: WorkColumns) -> type[RequestView]:
    """The class of the requests of these columns: what they have in common costs none of them."""
    namespace = {"__slots__": (), "__module__": WorkRequest.__module__, "columns": columns}
    return type(WorkRequest.__name__, (RequestView,), namespace)


class Views(dict[int, WorkRequest]):
    """
    The requests that are there, by their places; one that has just come is made when looked up.

    Many are made at once, in the order in which they will come, which takes half as long for each.
    """

    def __init__(self, columns: WorkColumns, arriving: Places) -> None:
        super().__init__()
        self._ids = columns.ids
        self._made = view_class(columns)
        self._open = columns.follows is None
        self._arriving = arriving
        self._next = 0

    def __missing__(self, place: int) -> WorkRequest:
        places = [place]
        if self._open:
            places = self._arriving[self._next : self._next + _CHUNK].tolist()
            self._next += _CHUNK
        ids = places if self._ids is None else self._ids[places].tolist()
        views: list[WorkRequest] = list(map(object.__new__, repeat(self._made, len(places))))
        deque(map(_SET_ID, views, ids), maxlen=0)
        self.update(zip(places, views, strict=True))
        return self[place]


class Objects(dict[int, WorkRequest]):
    """The same of requests that are objects already."""

    def __init__(self, requests: Sequence[WorkRequest]) -> None:
        super().__init__()
        self._requests = requests

    def __missing__(self, place: int) -> WorkRequest:
        request = self[place] = self._requests[place]
        return request
