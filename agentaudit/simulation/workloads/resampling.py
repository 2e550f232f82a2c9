"""
Requests drawn from those there are: each whole, and in whole sessions where there are any.

What belongs together stays together: the steps of a request, and the requests of a user who asks
again when answered, with the times to think between them.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import TypeVar

from agentaudit.model.workload import WorkRequest

Item = TypeVar("Item")
_AT_ONCE = 0.1
"""Users of a closed loop are all there within this part of it."""


def pick(values: Sequence[Item], draw: Random) -> Item:
    """One of them, each as likely."""
    return values[int(draw.random() * len(values))]


def sessions(requests: Sequence[WorkRequest]) -> Sequence[Sequence[WorkRequest]]:
    """
    Requests that follow each other, first to last; one that follows none begins a session.

    Where several follow one, the session has them all in order of their ids.
    """
    first: dict[int, int] = {}
    found: dict[int, list[WorkRequest]] = {}
    after: dict[int, list[WorkRequest]] = {}
    for request in requests:
        if request.follows is None:
            found[request.request_id] = [request]
            first[request.request_id] = request.request_id
        else:
            after.setdefault(request.follows, []).append(request)
    for members in found.values():
        for member in members:  # which grows meanwhile
            members.extend(after.get(member.request_id, ()))
    return tuple(found.values())


def drawn_sessions(
    requests: Sequence[WorkRequest], count: int, draw: Random
) -> tuple[WorkRequest, ...]:
    """
    So many requests, in sessions that are drawn whole with replacement.

    Where all users were there from the beginning there are as many of them again, and one whose
    session is over goes on with another. Else sessions begin one after the other, at distances
    drawn from those there were. The last session may be cut short.
    """
    known = sorted(sessions(requests), key=lambda members: members[0].arrival_ns)
    starts = [members[0].arrival_ns for members in known]
    latest = max(request.arrival_ns for request in requests)
    if starts[-1] - starts[0] <= _AT_ONCE * (latest - starts[0]):
        return _by_users(known, starts, count, draw)
    gaps = [later - sooner for sooner, later in pairwise(starts)]
    found: list[WorkRequest] = []
    at_ns = starts[0]
    while len(found) < count:
        found += _begun(pick(known, draw), len(found), at_ns)
        at_ns += pick(gaps, draw)
    return tuple(found[:count])


def _by_users(
    known: Sequence[Sequence[WorkRequest]], starts: Sequence[int], count: int, draw: Random
) -> tuple[WorkRequest, ...]:
    thoughts = [one.think_ns for members in known for one in members if one.follows is not None]
    last: list[WorkRequest | None] = [None] * len(known)
    found: list[WorkRequest] = []
    while len(found) < count:
        # Who is behind goes on next, so that all go on about as long.
        user = min(range(len(known)), key=lambda place: _position(last[place], starts[place]))
        before = last[user]
        at_ns = starts[user] if before is None else before.arrival_ns + 1
        members = list(_begun(pick(known, draw), len(found), at_ns))
        if before is not None:
            think_ns = pick(thoughts, draw) if thoughts else 0
            members[0] = members[0].changed(follows=before.request_id, think_ns=think_ns)
        last[user] = members[-1]
        found += members
    return tuple(found[:count])


def _position(last: WorkRequest | None, start_ns: int) -> int:
    return start_ns if last is None else last.arrival_ns


def _begun(members: Sequence[WorkRequest], first_id: int, at_ns: int) -> Sequence[WorkRequest]:
    """A session from an instant on, under new ids."""
    numbers: Mapping[int, int] = {
        member.request_id: first_id + place for place, member in enumerate(members)
    }
    return [
        member.changed(
            request_id=numbers[member.request_id],
            follows=None if member.follows is None else numbers[member.follows],
            arrival_ns=at_ns + member.arrival_ns - members[0].arrival_ns,
        )
        for member in members
    ]
