"""The same request, told by a task and by the connection that it came in by."""

from collections.abc import Iterator, Sequence

from agentaudit.profiling.evidence import Story

_SAME = 0.6
"""Share of the time of either that both are open, from which on they are one request."""


def unmatched(tasks: Sequence[Story], connections: Sequence[Story]) -> list[Story]:
    """
    The connections that no task tells of; the other tasks last as long as their connections.

    Each is matched once, those that fit best first.
    """
    pairs = sorted(_pairs(tasks, connections), key=lambda pair: -pair[0])
    taken: set[int] = set()
    for _, task, connection in pairs:
        if id(task) not in taken and id(connection) not in taken:
            taken |= {id(task), id(connection)}
            task.start_ns = min(task.start_ns, connection.start_ns)
            task.end_ns = max(task.end_ns, connection.end_ns)
    return [connection for connection in connections if id(connection) not in taken]


def _pairs(
    tasks: Sequence[Story], connections: Sequence[Story]
) -> Iterator[tuple[float, Story, Story]]:
    """Those that may be one request, with how well they fit."""
    arriving = sorted(connections, key=lambda story: story.start_ns)
    open_now: list[Story] = []
    at = 0
    for task in sorted(tasks, key=lambda story: story.start_ns):
        while at < len(arriving) and arriving[at].start_ns < task.end_ns:
            open_now.append(arriving[at])
            at += 1
        open_now = [story for story in open_now if story.end_ns > task.start_ns]
        for connection in open_now:
            fit = _fit(task, connection)
            if task.pid == connection.pid and fit >= _SAME:
                yield fit, task, connection


def _fit(one: Story, other: Story) -> float:
    both_ns = min(one.end_ns, other.end_ns) - max(one.start_ns, other.start_ns)
    either_ns = max(one.end_ns, other.end_ns) - min(one.start_ns, other.start_ns)
    return both_ns / either_ns if either_ns > 0 else 1.0
