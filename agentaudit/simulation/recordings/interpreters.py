"""
How long steps waited for an interpreter: an event loop, or the lock that Python's threads share.

Nobody measures these waits. While one waits, others of its process run; so what they used meanwhile
is the most that it can have waited for them. On its own thread, an event loop, time in the run
queue counts as well: nothing else goes on there until the thread gets its core.
"""

from collections import defaultdict
from collections.abc import Iterable

from agentaudit.model.trace import Step, StepKind
from agentaudit.simulation.courses import Course

_ELSEWHERE = frozenset({StepKind.LLM_INFERENCE, StepKind.TOOL_CALL})
"""What waits for an answer, or a program, and for no interpreter."""
_NEARLY_ALL = 0.9


class Interpreters:
    """The interpreters of a recording: what was done in each process, and on each thread."""

    def __init__(self, steps: Iterable[Step]) -> None:
        processes: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
        threads: dict[tuple[int, int], list[tuple[int, int, float]]] = defaultdict(list)
        for step in steps:
            own_ns = step.cpu_ns - step.children_cpu_ns
            if step.wall_ns > 0:
                processes[step.pid].append((step.start_ns, step.end_ns, own_ns))
                threads[step.pid, step.tid].append((step.start_ns, step.end_ns, step.run_queue_ns))
        self._cpu = {pid: Course(spans) for pid, spans in processes.items()}
        self._queue = {thread: Course(spans) for thread, spans in threads.items()}

    def wait_ns(self, step: Step, start_ns: int, end_ns: int) -> int:
        """The most that a stretch of the step can have waited for others of its process."""
        if step.kind in _ELSEWHERE or step.children_cpu_ns:
            return 0
        everybody = self._cpu[step.pid].between(start_ns, end_ns)
        everybody += self._queue[step.pid, step.tid].between(start_ns, end_ns)
        own_ns = (step.cpu_ns + step.run_queue_ns) * (end_ns - start_ns) / step.wall_ns
        return max(round(everybody - own_ns), 0)


def one_interpreter(steps: Iterable[Step]) -> bool:
    """
    Whether one process did nearly all work of several requests: its threads, or its event loop.

    Of a server with several worker processes each has an interpreter of its own.
    """
    requests: dict[int, set[int]] = defaultdict(set)
    own_ns: dict[int, int] = defaultdict(int)
    for step in steps:
        if step.request_id is not None:
            requests[step.pid].add(step.request_id)
            own_ns[step.pid] += step.cpu_ns - step.children_cpu_ns
    if not requests:
        return False
    busiest = max(requests, key=lambda pid: (own_ns[pid], len(requests[pid])))
    return len(requests[busiest]) > 1 and own_ns[busiest] >= _NEARLY_ALL * sum(own_ns.values())
