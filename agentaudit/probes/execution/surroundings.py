"""What else uses the processor while we measure: the kernel's counters, less our own."""

import os
import time
from pathlib import Path

from agentaudit.model.execution import Surroundings

_STOLEN = 7
_IDLE = (3, 4)


class Watch:
    """From its making until `surroundings` is asked."""

    def __init__(self) -> None:
        self._began_ns = time.monotonic_ns()
        self._busy_ns, self._stolen_ns = _counters_ns()

    def surroundings(self, ours_ns: int) -> Surroundings:
        """What was used since, less the CPU time of ours. The kernel counts in ticks of 10 ms."""
        elapsed_ns = max(time.monotonic_ns() - self._began_ns, 1)
        busy_ns, stolen_ns = _counters_ns()
        foreign_ns = max(busy_ns - self._busy_ns - ours_ns, 0)
        return Surroundings(
            elapsed_ns=elapsed_ns,
            foreign_cores=foreign_ns / elapsed_ns,
            stolen_cores=max(stolen_ns - self._stolen_ns, 0) / elapsed_ns,
        )


def _counters_ns() -> tuple[int, int]:
    """CPU time of all processes and interrupts, and stolen time; zeros where nobody says."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    except OSError:
        return 0, 0
    ticks = [int(word) for word in line.split()[1:9]]
    tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    stolen = ticks[_STOLEN]
    busy = sum(ticks) - stolen - sum(ticks[place] for place in _IDLE)
    return busy * tick_ns, stolen * tick_ns
