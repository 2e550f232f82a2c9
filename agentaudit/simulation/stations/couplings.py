"""
What the stations of a machine do to each other, off unless a machine or a policy asks for it.

Threads of other programs take their share of the cores. Threads that share one interpreter do its
Python code one at a time: they are one thread to the cores, and share what that thread gets. And a
host whose cores are asked for by more threads than there are slows the LLM server, which needs
cores for its scheduler, its tokeniser and for launching kernels (arXiv:2511.00739v3 section 5.1
shows LLM stages some percent longer beside a busy CPU; the strength is a fitted parameter).
"""

from collections import deque

from agentaudit.model.workload import Machine, SpeedCurve
from agentaudit.simulation.stations.stations import NEVER, Station


class Couplings:
    """The interpreter that threads share, and what is passed on between stations."""

    __slots__ = ("_course", "_cpu", "_gpu", "_machine", "_others", "active", "interpreter")

    def __init__(self, machine: Machine, cpu: Station, gpu: Station) -> None:
        self._machine = machine
        self._cpu = cpu
        self._gpu = gpu
        self._others = machine.background
        self._course = deque(machine.background_course)
        self.active = bool(self._others or self._course or machine.starvation)
        """Whether there is anything to apply."""
        self.interpreter = Station(SpeedCurve(points=((1, 1.0),)), 1)

    def due_ns(self) -> int:
        """When the next thread lets go of the interpreter, or other programs change."""
        change_ns = self._course[0][0] if self._course else NEVER
        return min(self.interpreter.due_ns(), change_ns)

    def apply(self, now_ns: int) -> None:
        """What holds from the end of this instant to the next."""
        while self._course and self._course[0][0] <= now_ns:
            self._others = self._course.popleft()[1]
        interpreting = int(self.interpreter.threads > 0)
        self._cpu.surround(now_ns, guests=interpreting, others=self._others)
        self.interpreter.surround(now_ns, pace=self._cpu.share)
        if self._machine.starvation:
            excess = max(self._cpu.threads / self._machine.cores - 1, 0.0)
            self._gpu.surround(now_ns, pace=1 / (1 + self._machine.starvation * excess))
