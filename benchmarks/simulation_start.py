"""
What it costs until the simulator's kernel is ready, before its code was compiled and after.

    python benchmarks/simulation_start.py

Each row is ten requests under a policy that asks for some of the compiled code, in a process of its
own, upon a cache that is empty before the first row. Times are CPU time of the process, with Python
and all imports; of those with all code compiled, the least. `docs/simulator_speed.md` keeps them.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial

from simulation_runs import CAPS, UNCAPPED, asked, on_kernel, own, work

from agentaudit.simulation.policies.catalogue import SHIPPED

REQUESTS = 10
AGAIN = 5
"""Starts with all code compiled, of which the least counts."""
STARTS: dict[str, Callable[[], float]] = {
    "a queue and a cap": lambda: on_kernel(work(REQUESTS), UNCAPPED),
    "an interpreter and timers": lambda: on_kernel(work(REQUESTS), SHIPPED["maws"].make(CAPS)),
    "a policy in Python": lambda: asked(work(REQUESTS), own(UNCAPPED)),
}


def main(arguments: Sequence[str]) -> None:
    if arguments:
        STARTS[arguments[0]]()
        print(time.process_time())
        return
    print(f"  {'what is asked for, in this order':34} {'compiled':>9} {'again':>7}")
    with tempfile.TemporaryDirectory() as cache:
        for name in STARTS:
            started = partial(_started, name, cache)
            print(f"  {name:34} {started():>7.2f} s {min(started() for _ in range(AGAIN)):>5.2f} s")


def _started(name: str, cache: str) -> float:
    """The CPU time of one process, in seconds."""
    command = [sys.executable, __file__, name]
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(run.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
