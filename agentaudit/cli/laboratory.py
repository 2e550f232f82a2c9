"""
The laboratory: policies on processes of this machine, recorded and run.

Here the two meet that know nothing of each other: executors, which start processes, and the
simulator, which does not.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.cli.judging import RECORDINGS, Observation, Subject
from agentaudit.errors import UsageError
from agentaudit.model.execution import Execution, HostMeasurement
from agentaudit.model.validation import ValidatedRun
from agentaudit.model.workload import Machine, SpeedCurve, Stage, Workload, WorkStep
from agentaudit.probes.execution.calibration import measure_host
from agentaudit.probes.execution.contest import MOST_PROCESSES, contests
from agentaudit.probes.execution.executor import execute
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.model_server import ModelServer, measured
from agentaudit.probes.execution.priority import raised
from agentaudit.probes.execution.tools import Tool, interpreted, tool_of
from agentaudit.probes.execution.workers import MOST_THREADS, MOST_WORKERS, Workers
from agentaudit.probes.host import usable_cores
from agentaudit.simulation.experiments.fidelity import (
    recording_workload,
)
from agentaudit.simulation.machines.calibration import host_curve
from agentaudit.simulation.policies.capped import FirstCome
from agentaudit.simulation.policy import Policy, hooks_of, named
from agentaudit.simulation.stations.line import line_of
from agentaudit.simulation.stations.speed import total_speed

_MOST_CALLS = 1024
_MOST_MEASURED = 64
"""Calls at once with which a real server is measured; beyond, it is taken to be no faster."""


class Laboratory(Struct, frozen=True, kw_only=True):
    """Processes that are ready, and what they are to run."""

    subject: Subject
    hands: Hands

    def observed(self, policy: Policy) -> Observation:
        """The requests one after the other, and then under the policy, once each."""
        subject, hands = self.subject, self.hands
        recorded = _recorded(subject.workload, hands)
        admission = policy.admission()
        line = line_of(subject.workload.requests, subject.machine, hooks_of(admission))
        execution = execute(
            subject.workload.requests, admission, hands, line=line, name=named(policy)
        )
        return Observation(policy=policy.name, recorded=recorded, execution=execution)


@contextmanager
def laboratory(
    workload: Workload,
    machine: Machine,
    *,
    server: ModelServer | None = None,
    raise_priority: bool = False,
    threaded: bool = False,
) -> Iterator[Laboratory]:
    """
    Processes for the workload, measured and recorded; they are gone at the end, whatever ends it.

    The machine's GPU is the server to play, with its limits of calls and of tokens, unless a real
    one is given that it describes (`with_server`); its CPU is that of this machine. `threaded` has
    one more process, with as many threads as others have workers. Raises UsageError where no step
    takes any time.
    """
    if not any(step.demand_ns for item in workload.requests for step in item.steps):
        raise UsageError(
            f"{workload.source}: no step takes any time, so there is nothing to predict"
        )
    workload = _with_tools(workload)
    tools = tools_of(workload)
    threads = max((step.threads for item in workload.requests for step in item.steps), default=1)
    least = MOST_PROCESSES * usable_cores()
    count = min(max(threads * len(workload.requests), least), MOST_WORKERS)
    with ExitStack() as stack:
        workers = stack.enter_context(
            Workers(
                count=count,
                tools=tools,
                server=server or server_speeds(machine),
                threads=min(count, MOST_THREADS) if threaded else 0,
            )
        )
        if raise_priority:
            stack.enter_context(raised(workers))
        host = measure_host(workers, tools, FirstCome, side_by_side=sides(usable_cores()), calls=())
        units = {Tool(tool.tool): tool.unit_ns for tool in host.tools}
        hands = stack.enter_context(Hands(workers, units))
        contested = tuple(
            contests(hands, tools, FirstCome, cores=usable_cores(), workers=len(workers.ends))
        )
        subject = Subject(
            workload=workload,
            machine=_here(machine, host, workload),
            host=host,
            recorded=tuple(_recorded(workload, hands) for _ in range(RECORDINGS - 1)),
            contests=contested,
            server=server,
        )
        yield Laboratory(subject=subject, hands=hands)


class ServerOptions(Struct, frozen=True, kw_only=True):
    """What the user said of a real server: its address, its model, and what it is told."""

    url: str
    model: str
    headers: Mapping[str, str]


def with_server(
    workload: Workload, machine: Machine, said: ServerOptions
) -> tuple[Workload, Machine, ModelServer]:
    """
    The workload with calls of whole tokens of a real server, and the machine with its speed.

    Limits of the played server are gone: a real one has its own, which its speed shows.
    """
    sizes = doubled(min(len(workload.requests), _MOST_MEASURED))
    server, speeds = measured(said.url, said.model, sizes, headers=said.headers)
    points = tuple(zip(sizes, speeds, strict=True))
    machine = replace(
        machine, gpu=SpeedCurve(points=points), most_calls=None, kv_tokens=None, recompute_ns=0
    )
    return _with_tokens(workload, server), machine, server


def _with_tokens(workload: Workload, server: ModelServer) -> Workload:
    """Each call takes as long as the tokens that are nearest to its demand."""

    def whole(step: WorkStep) -> WorkStep:
        tokens = server.tokens(step.demand_ns)
        return replace(step, demand_ns=server.demand_ns(tokens)) if step.demand_ns else step

    return _with_steps(workload, Stage.GPU, whole)


def tools_of(workload: Workload) -> frozenset[Tool]:
    """The kinds of work that the CPU steps do."""
    names = {
        step.name
        for request in workload.requests
        for step in request.steps
        if step.stage is Stage.CPU
    }
    return frozenset(tool_of(name) for name in names) or frozenset({Tool.INTERPRETER})


def server_speeds(machine: Machine) -> list[float]:
    """What the played server is told: the total speed at each number of calls."""
    return [0.0, *(total_speed(machine.gpu, calls) for calls in range(1, _MOST_CALLS + 1))]


def doubled(most: int) -> tuple[int, ...]:
    """How many calls are tried at once: 1, 2, 4 and so on, up to so many at least."""
    return tuple(2**power for power in range(max(most - 1, 0).bit_length() + 1))


def sides(cores: int) -> tuple[int, ...]:
    """How many jobs are measured side by side: as many as cores, and twice and four times that."""
    return tuple(dict.fromkeys(max(jobs, 2) for jobs in (cores, 2 * cores, 4 * cores)))


def interleaved(
    lab: Laboratory,
    policies: Sequence[Policy],
    *,
    repeats: int,
    told: Callable[[int, str], None] = lambda _done, _now: None,
) -> list[ValidatedRun]:
    """
    Policies take turns, so that all of them meet the same ups and downs of the machine.

    Before each run `told` hears how many are done, and which comes.
    """
    turns = [policy for _ in range(repeats) for policy in policies]
    seen = []
    for done, policy in enumerate(turns):
        told(done, f"Run {done + 1} of {len(turns)}, {policy.name}")
        seen.append(lab.observed(policy))
    return lab.subject.judged(seen, {policy.name: policy for policy in policies})


def _recorded(workload: Workload, hands: Hands) -> Execution:
    """All CPU steps, one after the other."""
    return execute(recording_workload(workload), FirstCome(1), hands)


def _with_tools(workload: Workload) -> Workload:
    """The workload with what is Python code in each CPU step: that is the kind of work's to say."""
    return _with_steps(
        workload,
        Stage.CPU,
        lambda step: replace(step, interpreted=interpreted(tool_of(step.name))),
    )


def _with_steps(
    workload: Workload, stage: Stage, change: Callable[[WorkStep], WorkStep]
) -> Workload:
    """The workload with each of its steps of one stage changed."""
    requests = (
        request.changed(
            steps=tuple(change(step) if step.stage is stage else step for step in request.steps)
        )
        for request in workload.requests
    )
    return replace(workload, requests=tuple(requests))


def _here(machine: Machine, host: HostMeasurement, workload: Workload) -> Machine:
    """This machine, with the other one's server; nothing of the other's CPU is left."""
    return replace(
        machine,
        name=f"this machine, {host.cores} cores",
        cores=host.cores,
        cpu=host_curve(host, _shares(workload)),
        dispatch_ns=host.driver_ns,
        background=0,
        starvation=0.0,
        assumptions=(),
    )


def _shares(workload: Workload) -> dict[str, float]:
    """CPU demand by kind of work."""
    shares: Counter[str] = Counter()
    for request in workload.requests:
        for step in request.steps:
            if step.stage is Stage.CPU:
                shares[tool_of(step.name)] += step.demand_ns
    return {tool: float(demand_ns) for tool, demand_ns in shares.items()}
