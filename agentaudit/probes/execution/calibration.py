"""
What this machine does with the work of tools, measured: CPU time alone and side by side, hand-over.

Speeds come from CPU time and not from the clock, so other load on the machine falsifies them
little. Alone and side by side take turns, because the speed of a machine drifts within seconds.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from statistics import fmean, median, quantiles

from agentaudit.model.execution import Execution, HandOver, HostMeasurement, ToolSpeed
from agentaudit.model.workload import Heavy, Stage, WorkRequest, WorkStep
from agentaudit.probes.execution.executor import Admission, execute
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.ratios import beyond_noise
from agentaudit.probes.execution.tools import Tool
from agentaudit.probes.execution.workers import Workers
from agentaudit.probes.host import usable_cores

Rolling = Callable[[int], Admission]
"""A run of a policy that serves first come, first, and at most so many at once."""
_MS = 1_000_000
_FIRST_UNITS = 20
_JOB_NS = 10 * _MS
_ROUNDS = 5
_FEWEST = 4
_NAP_NS = 4 * _MS
_NAPS = 25
_CALL_NS = 40 * _MS
_SHORT_CALL_NS = _MS // 5


def measure_host(
    workers: Workers,
    tools: Collection[Tool],
    rolling: Rolling,
    *,
    side_by_side: Sequence[int],
    calls: Sequence[int],
) -> HostMeasurement:
    """
    The machine with these kinds of work, so many jobs side by side, so many calls at once.

    `side_by_side` ascends from 2; the least number of workers is its last.
    """
    units = _unit_times(workers, tools, rolling)
    jobs = (1, *side_by_side)
    with Hands(workers, units) as hands:
        runs = {tool: _side_by_side(hands, tool, jobs, rolling) for tool in sorted(tools)}
        naps = execute(_alike(Stage.WAIT, _NAP_NS, _NAPS), rolling(1), hands)
        every = [run for by_jobs in runs.values() for found in by_jobs.values() for run in found]
        return HostMeasurement(
            cores=usable_cores(),
            tools=tuple(
                ToolSpeed(tool=tool, unit_ns=units[tool], inflation=tuple(_inflation(by_jobs)))
                for tool, by_jobs in runs.items()
            ),
            driver_ns=round(
                sum(run.driver_cpu_ns + run.server_cpu_ns for run in every)
                / sum(len(run.steps) for run in every)
            ),
            handovers=tuple(_handover(number, runs.values()) for number in jobs),
            progress=tuple((number, _progress(number, runs.values())) for number in jobs),
            overshoot_ns=_undisturbed([step.seen_ns - step.ended_ns for step in naps.steps]),
            server=tuple(_server_times(hands, calls, rolling)),
            foreign_cores=fmean(run.surroundings.foreign_cores for run in every),
        )


def _unit_times(
    workers: Workers, tools: Collection[Tool], rolling: Rolling
) -> Mapping[Tool, float]:
    """CPU nanoseconds that one unit of each kind takes alone."""
    units = {}
    for tool in sorted(tools):
        with Hands(workers, {tool: 1.0}) as hands:
            run = execute(_alike(Stage.CPU, _FIRST_UNITS, _ROUNDS, tool), rolling(1), hands)
        units[tool] = max(median(step.cpu_ns for step in run.steps) / _FIRST_UNITS, 1.0)
    return units


def _side_by_side(
    hands: Hands, tool: Tool, numbers: Sequence[int], rolling: Rolling
) -> dict[int, list[Execution]]:
    """Runs with so many jobs at once; each job is followed by a short call of the server."""
    steps = (
        WorkStep(stage=Stage.CPU, demand_ns=_JOB_NS, name=tool),
        WorkStep(stage=Stage.GPU, demand_ns=_SHORT_CALL_NS),
    )
    found: dict[int, list[Execution]] = {jobs: [] for jobs in numbers}
    for _ in range(_ROUNDS):
        for jobs, runs in found.items():
            requests = _requests(steps, max(2 * jobs, _FEWEST))
            runs.append(execute(requests, rolling(jobs), hands))
    return found


def _inflation(runs: Mapping[int, Sequence[Execution]]) -> Iterator[tuple[int, float]]:
    """CPU time side by side over CPU time alone in the same round, beyond the noise of rounds."""
    for jobs, found in runs.items():
        pairs = zip(found, runs[1], strict=True)
        ratios = [_mean_cpu_ns(beside) / _mean_cpu_ns(alone) for beside, alone in pairs]
        yield jobs, beyond_noise(ratios)


def _handover(jobs: int, runs: Iterable[Mapping[int, Sequence[Execution]]]) -> HandOver:
    steps = [step for by_jobs in runs for run in by_jobs[jobs] for step in run.steps]
    return HandOver(
        jobs=jobs,
        cpu_ns=round(fmean(step.handover_ns for step in steps if step.stage is Stage.CPU)),
        gpu_ns=round(fmean(step.handover_ns for step in steps if step.stage is Stage.GPU)),
    )


def _progress(jobs: int, runs: Iterable[Mapping[int, Sequence[Execution]]]) -> float:
    """
    CPU time that so many jobs get together in each nanosecond, at most that of all cores.

    Up to as many as cores, from begin to end of each: hand-overs are told apart. Beyond, from being
    sent to being seen: while one waits for its slice another has the core.
    """
    cores = usable_cores()
    most = min(jobs, cores)
    spent_ns = wanted_ns = 0
    for run in (run for by_jobs in runs for run in by_jobs[jobs]):
        work = [step for step in run.steps if step.stage is Stage.CPU]
        spent_ns += sum(step.cpu_ns for step in work)
        if jobs > cores:
            wanted_ns += wanted_core_ns([(step.sent_ns, step.seen_ns) for step in work], cores)
        else:
            wanted_ns += sum(step.ended_ns - step.begun_ns for step in work)
    return min(most * spent_ns / wanted_ns, float(most))


def wanted_core_ns(intervals: Sequence[tuple[int, int]], cores: int) -> int:
    """How much cores were wanted: one for each interval, and never more than there are."""
    changes = sorted(change for begin, end in intervals for change in ((begin, 1), (end, -1)))
    wanted_ns = running = last_ns = 0
    for at_ns, change in changes:
        wanted_ns += (at_ns - last_ns) * min(running, cores)
        running += change
        last_ns = at_ns
    return wanted_ns


def _server_times(
    hands: Hands, calls: Sequence[int], rolling: Rolling
) -> Iterator[tuple[int, int]]:
    for count in calls:
        run = execute(_alike(Stage.GPU, _CALL_NS, count), rolling(count), hands)
        yield count, round(fmean(record.service_ns for record in run.records))


def _undisturbed(times_ns: Sequence[int]) -> int:
    """The lowest tenth: other programs, which come and go, make the rest longer."""
    return round(quantiles(times_ns, n=10)[0])


def _mean_cpu_ns(run: Execution) -> float:
    return fmean(step.cpu_ns for step in run.steps if step.stage is Stage.CPU)


def _alike(stage: Stage, demand_ns: int, count: int, name: str = "") -> list[WorkRequest]:
    """So many equal requests of one step, all there at once."""
    return _requests((WorkStep(stage=stage, demand_ns=demand_ns, name=name),), count)


def _requests(steps: tuple[WorkStep, ...], count: int) -> list[WorkRequest]:
    return [
        WorkRequest(request_id=number, type="", heavy=Heavy.CPU, arrival_ns=0, steps=steps)
        for number in range(count)
    ]
