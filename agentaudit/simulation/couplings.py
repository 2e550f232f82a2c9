"""
What the stations of a machine do to each other, off unless a machine or a policy asks for it.

Threads of other programs take their share of the cores. Threads that share one interpreter do its
Python code one at a time: they are one thread to the cores, and share what that thread gets. And a
host whose cores are asked for by more threads than there are slows the LLM server, which needs
cores for its scheduler, its tokeniser and for launching kernels (arXiv:2511.00739v3 section 5.1
shows LLM stages some percent longer beside a busy CPU; the strength is a fitted parameter).
"""

from agentaudit.model.workload import Machine, SpeedCurve
from agentaudit.simulation.stations import Station


class Couplings:
    """The interpreter that threads share, and what is passed on between stations."""

    __slots__ = ("_active", "_cpu", "_gpu", "_machine", "interpreter")

    def __init__(self, machine: Machine, cpu: Station, gpu: Station) -> None:
        self._machine = machine
        self._cpu = cpu
        self._gpu = gpu
        self._active = bool(machine.background or machine.starvation)
        self.interpreter = Station(SpeedCurve(points=((1, 1.0),)), 1)

    def share_interpreter(self) -> None:
        """Threads of one interpreter run from now on."""
        self._active = True

    def apply(self, now_ns: int) -> None:
        """What holds from the end of this instant to the next."""
        if not self._active:
            return
        interpreting = int(self.interpreter.threads > 0)
        self._cpu.surround(now_ns, guests=interpreting, others=self._machine.background)
        self.interpreter.surround(now_ns, pace=self._cpu.share)
        if self._machine.starvation:
            excess = max(self._cpu.threads / self._machine.cores - 1, 0.0)
            self._gpu.surround(now_ns, pace=1 / (1 + self._machine.starvation * excess))
