"""
Policies on real processes beside their simulations, over workloads and loads: how far we can trust.

    python benchmarks/simulation_real.py --raised --seconds 900
    python benchmarks/simulation_real.py --table

Each visit of a cell (a workload and how it arrives) measures the machine, records the requests one
after the other, and runs every policy that suits the arrivals, twice, in turns. What was seen is
appended to a file, whole visits only: it may be stopped at any time, and goes on where the fewest
visits are. The table is made from all of the file, by the simulator of today.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from agentaudit.cli.judging import Observation, Subject
from agentaudit.cli.laboratory import laboratory
from agentaudit.model.validation import ValidatedRun
from agentaudit.model.workload import Machine, Workload
from agentaudit.readers.yaml import parse_yaml
from agentaudit.simulation.experiments.accuracy import accuracies, comparisons, foreknown, own
from agentaudit.simulation.files.workload_file import parse_workload
from agentaudit.simulation.policies.caps import default_caps
from agentaudit.simulation.policies.catalogue import shipped_policies
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.workloads.synthetic import synthetic_workload

RESULTS = Path("reports/simulation_real.jsonl")
REQUESTS = 64
"""Of a run: with fewer, runs are as short as the moods of a machine's speed."""
REPEATS = 2
CLOSED = (
    *("multi-processing", "sequential", "micro-batching"),
    *("micro-batching-rolling", "comb-closed", "mas"),
)
OPEN = ("fcfs", "multi-processing", "comb-open", "mas")
MIXES = {
    "compute": """
  - {name: search, weight: 2, steps: [{cpu: 35ms, spread: 0.4, name: regex},
      {gpu: 15ms, spread: 0.3}, {cpu: 20ms, spread: 0.3, name: interpreter}, {gpu: 12ms}]}
  - {name: maths, steps: [{gpu: 12ms}, {cpu: 45ms, spread: 0.5, name: numpy}, {gpu: 20ms}]}
  - {name: chat, steps: [{gpu: 40ms, spread: 0.4}]}
""",
    "system": """
  - {name: rag, weight: 2, steps: [{cpu: 40ms, spread: 0.3, name: retrieval}, {gpu: 25ms}]}
  - {name: shell, steps: [{gpu: 10ms}, {cpu: 30ms, spread: 0.5, name: spawn}, {wait: 10ms},
      {gpu: 10ms}, {cpu: 30ms, spread: 0.5, name: spawn}, {gpu: 15ms}]}
""",
    "mixed": """
  - {name: agent, weight: 2, steps: [{gpu: 10ms}, {cpu: 25ms, spread: 0.5, name: interpreter},
      {gpu: 10ms}, {cpu: 25ms, spread: 0.5, name: retrieval}, {gpu: 10ms},
      {cpu: 25ms, spread: 0.5, name: regex}, {gpu: 20ms}]}
  - {name: chat, weight: 1, steps: [{gpu: 60ms, spread: 0.5}]}
""",
}
SPAWNING = "system"
"""The mix that starts child processes: the hardest to predict (docs/validation.md)."""
LOADS = {"closed": "closed", "half": "poisson:16", "high": "poisson:26"}
"""Arrivals per second: about 50 % and 85 % of two cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One line of the file. The subject's workload is made anew from the cell and the seed."""

    cell: tuple[str, str]
    seed: int
    at_unix_s: int
    raised: bool
    subject: Subject
    runs: tuple[Observation, ...]


def main() -> None:
    arguments = _arguments()
    if not arguments.table:
        _measure(arguments)
    visits = list(read_visits(arguments.results))
    print(*table(visits, groups_of(visits)), sep="\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--seconds", type=float, default=900.0, help="no visit begins after that")
    parser.add_argument("--visits", type=int, default=4, help="of each cell, all told")
    parser.add_argument("--raised", action="store_true", help="before other programs; needs root")
    parser.add_argument("--table", action="store_true", help="only print what was measured before")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace) -> None:
    """Visits, the cell with the fewest first, until all have enough of them or time is up."""
    end_s = time.monotonic() + arguments.seconds
    while time.monotonic() < end_s:
        done = Counter({(mix, load): 0 for load in LOADS for mix in MIXES})
        done.update(visit.cell for visit in read_visits(arguments.results))
        cell, count = min(done.items(), key=lambda item: item[1])
        if count >= arguments.visits:
            return
        visit = visited(cell, seed=count, raised=arguments.raised)
        arguments.results.parent.mkdir(parents=True, exist_ok=True)
        with arguments.results.open("ab") as file:
            file.write(msgspec.json.encode(visit) + b"\n")
        print("visited", *cell, f"{end_s - time.monotonic():.0f} s left", flush=True)


def visited(cell: tuple[str, str], *, seed: int, raised: bool) -> Visit:
    """All policies on one cell, in turns, with pauses that leave the machine to others."""
    workload, machine = made(cell, seed)
    with laboratory(workload, machine, raise_priority=raised) as lab:
        runs = []
        for policy in REPEATS * policies(cell, workload, lab.subject.machine):
            observation = lab.observed(policy)
            runs.append(observation)
            time.sleep(observation.execution.surroundings.elapsed_ns / 4e9)
        return Visit(
            cell=cell,
            seed=seed,
            at_unix_s=int(time.time()),
            raised=raised,
            subject=replace(lab.subject, workload=replace(workload, requests=())),
            runs=tuple(runs),
        )


def made(cell: tuple[str, str], seed: int) -> tuple[Workload, Machine]:
    """The requests of a cell, and a machine whose server is an H200."""
    mix, load = cell
    text = (
        f"requests: {REQUESTS}\narrivals: {LOADS[load]}\nseed: {seed}\n"
        f"machine: {{cores: 2, gpu: sys2}}\ntypes:{MIXES[mix]}"
    )
    shape = parse_workload(parse_yaml(mix, text).root, file=mix)
    if shape.machine is None:
        raise AssertionError("the text above names a machine")
    return synthetic_workload(shape, source=mix), shape.machine


def policies(cell: tuple[str, str], workload: Workload, machine: Machine) -> tuple[Policy, ...]:
    """Those that suit the arrivals, with caps for two cores."""
    return shipped_policies(
        CLOSED if cell[1] == "closed" else OPEN, default_caps(workload, machine)
    )


def read_visits(results: Path) -> Iterator[Visit]:
    """What was measured so far; a line that was cut off is no visit."""
    if not results.exists():
        return
    for line in results.read_bytes().splitlines():
        try:
            yield msgspec.json.decode(line, type=Visit)
        except msgspec.DecodeError:
            print("one line of the results is damaged and left out")


def groups_of(visits: Sequence[Visit]) -> list[list[ValidatedRun]]:
    """The runs of each visit, beside what today's simulator says of them."""
    groups = []
    for visit in visits:
        workload, _ = made(visit.cell, visit.seed)
        subject = replace(visit.subject, workload=workload)
        admitted = policies(visit.cell, workload, subject.machine)
        chosen = {policy.name: policy for policy in admitted}
        groups.append(subject.judged(visit.runs, chosen))
    return groups


def table(visits: Sequence[Visit], groups: Sequence[Sequence[ValidatedRun]]) -> Iterator[str]:
    """What goes into docs/validation.md."""
    runs = [run for group in groups for run in group]
    if not runs:
        yield "nothing has been measured yet"
        return
    foreign = sum(run.foreign_cores for run in runs) / len(runs)
    days = sorted({time.strftime("%Y-%m-%d", time.gmtime(visit.at_unix_s)) for visit in visits})
    yield (
        f"{len(runs)} runs of {REQUESTS} requests, {len(visits)} visits,"
        f" {' to '.join(days[:: len(days)])}; {os.cpu_count()} cores;"
        f" other programs used {foreign:.2f} cores on average"
    )
    yield "                                 foreknown, %          own, %"
    yield "                          runs   P50    P90   bias     P50    P90   bias"
    for item in accuracies(runs):
        yield _line(item.policy, [run for run in runs if item.policy in ("all", run.policy)])
    for cell in dict.fromkeys(visit.cell for visit in visits):
        of_cell = [
            run
            for visit, group in zip(visits, groups, strict=True)
            if visit.cell == cell
            for run in group
        ]
        yield _line(" ".join(cell), of_cell)
    plain = [
        list(group)
        for visit, group in zip(visits, groups, strict=True)
        if visit.cell[0] != SPAWNING
    ]
    yield _line("all but system", [run for group in plain for run in group])
    yield from _comparison_lines("all", groups)
    yield from _comparison_lines("all but system", plain)


def _comparison_lines(name: str, groups: Sequence[Sequence[ValidatedRun]]) -> Iterator[str]:
    yield f"Two policies, {name}:"
    for kind, prediction in (("foreknown", foreknown), ("own", own)):
        found = comparisons(groups, prediction)
        yield (
            f"  {kind:9} speed-up ratio error {found.ratio_error * 100:4.1f} %; better one named in"
            f" {found.right} of {found.pairs} pairs,"
        )
        yield f"            and {found.clear_right} of {found.clear_pairs} that differ by 10 %"


def _line(name: str, runs: Sequence[ValidatedRun]) -> str:
    found = accuracies(runs)[0]
    parts = [
        f"{one.errors.p50 * 100:6.1f} {one.errors.p90 * 100:6.1f} {one.bias * 100:+6.1f}"
        for one in (found.foreknown, found.own)
    ]
    return f"{name:24} {len(runs):5} {'  '.join(parts)}"


if __name__ == "__main__":
    main()
