"""
Our two engines beside SimPy, Ciw and salabim on the same requests; prints the tables.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install -e '.[fast]' simpy ciw salabim
    /tmp/peers/bin/python benchmarks/simulation_speed.py [peers] [turns] [policies] [growth] …

Times are CPU time of the process, best of three, without drawing the requests and after the kernel
has been loaded. A peer whose mean latency is not ours ends the run. `docs/simulator_speed.md` says
what is compared, and keeps a table.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from statistics import median

import numpy as np
from msgspec.structs import replace
from simulation_peers import PEERS, Queue, Sharing
from simulation_runs import (
    BATCHES,
    CAPPED,
    CAPS,
    CORES,
    POOL,
    SECOND,
    UNCAPPED,
    asked,
    mean_latency,
    on_kernel,
    own,
    ran,
    work,
)

from agentaudit.simulation.admission_numbers import Numbered
from agentaudit.simulation.fast.columns import WorkColumns, workload_of
from agentaudit.simulation.fast.latencies import percentile_ns
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.catalogue import SHIPPED
from agentaudit.simulation.policy import Policy

MODELS: tuple[tuple[str, Queue | Sharing, CappedConcurrency, int], ...] = (
    ("A pool of 16 cores, first come first served", Queue(CORES), POOL, 1),
    ("16 shared cores, then a shared batching GPU", Sharing(CORES, BATCHES.points), UNCAPPED, 2),
)
TURNS, TURN_REQUESTS = 40, 5000
"""Short turns: both then meet the same other programs."""
SLOW = ("sequential", "multi-threading", "maws", "maws-cgam")
"""
One request, or one interpreter, at a time: they cannot keep up with the rate of the others, and a
queue that grows without end is what would be measured. MAWS has threads for half of the requests.
"""
SEARCHED = (
    *("sequential", "multi-processing", "fcfs", "micro-batching", "micro-batching-rolling"),
    *("comb-open", "mas"),
)
KERNEL_REQUESTS, ENGINE_REQUESTS, PEER_REQUESTS = 1_000_000, 20_000, 20_000
TOLERANCE = 1e-6
"""Of mean latencies: peers count seconds in floats, we count nanoseconds."""


def best_of_three(run: Callable[[], float]) -> tuple[float, float]:
    """The least CPU time, and what the last run gave."""
    return best_of(3, run)


def best_of(most: int, run: Callable[[], float]) -> tuple[float, float]:
    """The same of so many runs."""
    times = []
    for _ in range(most):
        start = time.process_time()
        answer = run()
        times.append(time.process_time() - start)
    return min(times), answer


def has_numbers(policy: Policy) -> bool:
    """Whether the kernel runs the policy."""
    return isinstance(policy, Numbered) and policy.numbers() is not None


def on_engine(columns: WorkColumns, policy: Policy) -> tuple[float, float]:
    """CPU time and mean latency on the readable engine."""
    return best_of_three(partial(mean_latency, workload_of(columns), policy))


def peers() -> None:
    """The models that every library can say, and those that only some can."""
    for title, model, policy, steps in MODELS:
        print(f"\n{title}\n  {'engine':28} {'requests':>9} {'req/s':>12} {'mean latency':>13}")
        columns = work(KERNEL_REQUESTS, steps=steps)
        seconds, _ = best_of_three(partial(on_kernel, columns, policy))
        row("agentaudit, kernel", KERNEL_REQUESTS, seconds, on_kernel(columns, policy))
        columns = work(PEER_REQUESTS, steps=steps)
        expected = on_kernel(columns, policy)
        for name, run in others(model, columns, policy, steps).items():
            seconds, mean = best_of_three(run)
            row(name, PEER_REQUESTS, seconds, mean)
            agree(name, mean, expected)


def others(
    model: Queue | Sharing, columns: WorkColumns, policy: CappedConcurrency, steps: int
) -> dict[str, Callable[[], float]]:
    """What runs the same requests beside the kernel with the policy's numbers."""
    workload = workload_of(columns)
    runs: dict[str, Callable[[], float]] = {
        "a user's policy, kernel": partial(asked, columns, own(policy)),
        "a user's policy, engine": partial(mean_latency, workload, own(policy)),
    }
    for name, peer in PEERS.items():
        run = peer(model) if find_spec(name) is not None else None
        if run is None:
            print(f"  {name:28} skipped: it is not installed, or the model is not written for it")
        else:
            runs[name] = partial(run, *seconds_of(columns, steps))
    return runs


def turns() -> None:
    """A user's policy and SimPy by turns, so that a busy machine slows both alike."""
    print(
        f"\nA user's policy on the kernel beside SimPy, {TURNS} turns of {TURN_REQUESTS:,} requests"
    )
    for title, model, policy, steps in MODELS:
        columns = work(TURN_REQUESTS, steps=steps)
        runs = others(model, columns, policy, steps)
        if "simpy" not in runs:
            return
        ours, theirs = runs["a user's policy, kernel"], runs["simpy"]
        seconds = [(best_of(1, theirs)[0], best_of(1, ours)[0]) for _ in range(TURNS)]
        ratios = sorted(peer / our for peer, our in seconds)
        peer, our = (min(each) for each in zip(*seconds, strict=True))
        print(
            f"  {title}: the least times {peer / TURN_REQUESTS * 1e6:.2f} and"
            f" {our / TURN_REQUESTS * 1e6:.2f} us, {peer / our:.2f} times; of the turns, the median"
            f" {median(ratios):.2f} times, {ratios[TURNS // 4]:.2f} to {ratios[-TURNS // 4]:.2f}"
        )


def seconds_of(columns: WorkColumns, steps: int) -> tuple[list[float], list[list[float]]]:
    """Arrivals, and the demands of each request."""
    demands = columns.demand_ns.reshape(-1, steps) / SECOND
    return (columns.arrival_ns / SECOND).tolist(), demands.tolist()


def row(name: str, requests: int, seconds: float, mean_s: float) -> None:
    print(f"  {name:28} {requests:>9,} {requests / seconds:>12,.0f} {mean_s:>11.6f} s")


def agree(name: str, mean: float, expected: float) -> None:
    if not isclose(mean, expected, rel_tol=TOLERANCE):
        sys.exit(f"{name} has a mean latency of {mean} s, and we of {expected} s")


def policies() -> None:
    """Every shipped policy, cores and GPU shared by all that run."""
    print(f"\nShipped policies\n  {'policy':28} {'kernel req/s':>13} {'engine req/s':>12}")
    for name, shipped in SHIPPED.items():
        policy = shipped.make(CAPS)
        rate = 5.0 if name in SLOW else 60.0
        columns, few = work(KERNEL_REQUESTS, rate), work(ENGINE_REQUESTS, rate)
        readable, expected = on_engine(few, policy)
        told = "readable only"
        if has_numbers(policy):
            fast, _ = best_of_three(partial(on_kernel, columns, policy))
            told = f"{KERNEL_REQUESTS / fast:,.0f}"
            agree(name, expected, on_kernel(few, policy))
        print(f"  {name:28} {told:>13} {ENGINE_REQUESTS / readable:>12,.0f}")


def growth() -> None:
    """From ten thousand to ten million requests, each in a process of its own for its memory."""
    print(f"\nGrowth\n  {'requests':>10} {'draw s':>8} {'run s':>8} {'P90 s':>8} {'peak MiB':>9}")
    for power in range(4, 8):
        subprocess.run([sys.executable, __file__, f"one:{10**power}"], check=True)


def one(requests: int) -> None:
    """A row of the table of growth."""
    on_kernel(work(10), CAPPED)
    start = time.process_time()
    columns = work(requests)
    drawn = time.process_time()
    run = ran(columns, CAPPED)
    finished = time.process_time()
    percentile_ns(run.finish_ns - run.arrival_ns, 90)
    told = time.process_time()
    # Unlike `getrusage`, this knows nothing of the process that started us.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(
        f"  {requests:>10,} {drawn - start:>8.2f} {finished - drawn:>8.2f} {told - finished:>8.2f}"
        f" {peak:>9,.0f}"
    )


def capacity() -> None:
    """The most requests a second with P90 within 3 s: 7 policies, 5 seeds, 10 halvings each."""
    requests, seeds, halvings = 200_000, 5, 10
    start, cpu = time.perf_counter(), time.process_time()
    unit = [work(requests, 1.0, seed=seed) for seed in range(seeds)]

    def most(name: str, columns: WorkColumns) -> float:
        low, high = 1.0, 400.0
        policy = SHIPPED[name].make(CAPS)
        for _ in range(halvings):
            rate = (low * high) ** 0.5
            arrival_ns = np.rint(columns.arrival_ns / rate).astype(np.int64)
            run = ran(replace(columns, arrival_ns=arrival_ns), policy)
            kept = percentile_ns(run.finish_ns - run.arrival_ns, 90) <= 3 * SECOND
            low, high = (rate, high) if kept else (low, rate)
        return low

    with ThreadPoolExecutor(2) as threads:
        cells = {
            name: [threads.submit(most, name, columns) for columns in unit] for name in SEARCHED
        }
        found = {name: [cell.result() for cell in row] for name, row in cells.items()}
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    total = len(SEARCHED) * seeds * halvings * requests
    print(f"\nCapacity search: {total / 1e6:.0f} million requests simulated on two threads")
    print(f"  {wall:.1f} s, {used:.1f} s of CPU time")
    for name, rates in found.items():
        print(f"  {name:28} {min(rates):7.1f} to {max(rates):.1f} requests/s")


TABLES: dict[str, Callable[[], None]] = {
    "peers": peers,
    "turns": turns,
    "policies": policies,
    "growth": growth,
    "capacity": capacity,
}


def main(arguments: Sequence[str]) -> None:
    if arguments and arguments[0].startswith("one:"):
        one(int(arguments[0].partition(":")[2]))
        return
    if unknown := [name for name in arguments if name not in TABLES]:
        sys.exit(f"there is no table {unknown[0]}; there are {', '.join(TABLES)}")
    on_kernel(work(10), UNCAPPED)
    asked(work(10), own(UNCAPPED))
    for name in arguments or TABLES:
        TABLES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
