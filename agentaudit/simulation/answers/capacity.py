"""
How much is enough: the highest rate, the most users, the fewest cores or GPUs for objectives.

All by bisection on the same requests (common random numbers). A rate is searched for in every
replication by itself, which gives it an interval. Cores and GPUs are enough, and users not too
many, when the objectives are met with 95 % confidence. What is offered more than it can serve is
not simulated: it never meets anything in the long run.
"""

from collections.abc import Callable
from math import sqrt
from statistics import fmean

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.lists import counted
from agentaudit.model.answers import Found, Question
from agentaudit.simulation.answers.changes import (
    MOST_GPUS,
    with_cpu,
    with_gpus,
    with_rate,
    with_users,
)
from agentaudit.simulation.answers.meeting import (
    all_met,
    answer_of,
    asked,
    asked_are,
    measured,
)
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.experiments.experiment import Experiment, Outcome, outcome_of
from agentaudit.simulation.experiments.load import arrival_rate_per_s
from agentaudit.simulation.experiments.open_arrivals import (
    at_a_rate,
    comes_at_no_rate,
    how_they_come,
)
from agentaudit.simulation.machines.machine import MOST_CORES
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.sentences import figure
from agentaudit.simulation.statistics import above_zero, mean_interval

_CLOSE = 1.01
"""A rate is found when it is known to a hundredth."""
_LEAST_FACTOR = 1 / 1024
_ROUNDS = 5
"""How often each user asks, at least, in a run that tells of so many users."""


def answered(ranking: Ranking, question: Question, name: str) -> Found:
    """What meets the objectives under one policy; UsageError for the rate of one request."""
    match question:
        case Question.MAX_RATE:
            return _max_rate(ranking, ranking.of(name).policy)
        case Question.CORES:
            return _fewest(ranking, name, _CORES)
        case Question.GPUS:
            return _fewest(ranking, name, _GPUS)
        case Question.USERS:
            return _most_users(ranking, ranking.of(name).policy)


def _max_rate(ranking: Ranking, policy: Policy) -> Found:
    experiment, assumed = at_a_rate(ranking.experiment, ranking.base_result.throughput_per_s)
    if not max(with_rate(experiment, 1.0).load()):
        sentence = (
            f"Under {policy.name} no rate is too high for the machine: requests ask nothing of its"
            f" cores or its LLM server, and what they wait for elsewhere is not known.{assumed}"
        )
        return answer_of(Question.MAX_RATE, policy, None, sentence)
    rates, full = [], 0
    for workload in experiment.workloads:
        one = replace(experiment, workloads=(workload,))
        if not max(one.load()):
            continue  # by chance none of its requests asks anything of the machine
        factor, at_capacity = _largest_factor(ranking, one, policy)
        rates.append(factor * arrival_rate_per_s(workload))
        full += at_capacity
    value, interval = fmean(rates), above_zero(mean_interval(rates))
    now = fmean(map(arrival_rate_per_s, experiment.workloads))
    under = f"Under {policy.name} ({policy.parameters}) {asked_are(ranking)}"
    if not value:
        sentence = f"{under} missed at any rate: requests take longer when alone.{assumed}"
        return answer_of(Question.MAX_RATE, policy, None, sentence)
    sure = interval and f" (95 % interval {figure(interval.low)} to {figure(interval.high)})"
    cpu, gpu = (load * value / now for load in experiment.load())
    offered = f"offered {cpu:.0%}" if experiment.first.cpu_known else "offered an unknown part"
    sentence = (
        f"{under} met up to {figure(value)} requests/s{sure or ''}, {figure(value / now, 2)} times"
        f" the rate of now; the CPU is then {offered} of what it can serve, the LLM server"
        f" {gpu:.0%}."
    )
    if 2 * full > len(rates):
        sentence += (
            f" Beyond, requests pile up, although runs of {len(experiment.first.requests)} requests"
            " end before the objective is missed; longer ones (--requests) would tell it better."
        )
    return replace(
        answer_of(Question.MAX_RATE, policy, value, sentence + assumed),
        interval=interval,
    )


def _largest_factor(ranking: Ranking, experiment: Experiment, policy: Policy) -> tuple[float, bool]:
    """
    The largest factor of one replication's rate at which objectives are met.

    And whether requests pile up beyond it before any objective is missed.
    """
    piled_up: set[float] = set()

    def holds(factor: float) -> bool:
        found = outcome_of(with_rate(experiment, factor), policy)
        if found.overloaded:
            piled_up.add(factor)
        return not found.overloaded and all_met(ranking, found)

    most = 1 / max(*experiment.load(), 1e-9)
    low, high = _bracket(holds, most)
    while low and high / low > _CLOSE:
        middle = sqrt(low * high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low, low == most or high in piled_up


def _bracket(holds: Callable[[float], bool], most: float) -> tuple[float, float]:
    """A factor that holds and one that does not: 0 where none holds, the same where all do."""
    low = min(1.0, most)
    if not holds(low):
        while low > _LEAST_FACTOR:
            low /= 2
            if holds(low):
                return low, 2 * low
        return 0.0, low
    while low < most:
        high = min(2 * low, most)
        if not holds(high):
            return low, high
        low = high
    return most, most


class _Resource(Struct, frozen=True, kw_only=True):
    """What there can be more of."""

    question: Question
    noun: str
    most: int
    given: Callable[[Experiment, int], Experiment]


_CORES = _Resource(question=Question.CORES, noun="core", most=MOST_CORES, given=with_cpu)
_GPUS = _Resource(question=Question.GPUS, noun="GPU", most=MOST_GPUS, given=with_gpus)


def _fewest(ranking: Ranking, name: str, resource: _Resource) -> Found:
    """By doubling until they are enough, or more change nothing, and bisection from there."""
    tried: dict[int, Outcome | None] = {}

    def enough(count: int) -> bool:
        if count not in tried:
            tried[count] = _with(ranking, name, resource, count)
        outcome = tried[count]
        return outcome is not None and all_met(ranking, outcome, sure=True)

    policy = ranking.of(name).policy
    low, high = 0, 1
    while not enough(high):
        low, high = high, high * 2
        if high > resource.most or _same(tried[low], tried.get(low // 2)):
            return _never(ranking, policy, resource, count=low, last=tried[low])
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    found = tried[high]
    policy = policy if found is None else found.policy
    sentence = (
        f"{counted(high, resource.noun)} {'is' if high == 1 else 'are'} the fewest with which"
        f" {policy.name} ({policy.parameters}) meets {asked(ranking)}{_as_they_come(ranking)}"
        f" with 95 % confidence: {measured(ranking, found)}."
    )
    if low:
        sentence += f" With {low}: {measured(ranking, tried[low])}."
    return answer_of(resource.question, policy, float(high), sentence)


def _as_they_come(ranking: Ranking) -> str:
    if comes_at_no_rate(ranking.experiment):
        return f", with requests {how_they_come(ranking.experiment)},"
    return " at this rate"


def _with(ranking: Ranking, name: str, resource: _Resource, count: int) -> Outcome | None:
    """The outcome with so many; None where they are offered more than they can serve."""
    experiment = resource.given(ranking.experiment, count)
    if max(experiment.load()) > 1:
        return None
    policy = ranking.of(name).policy
    if resource.question is Question.CORES:
        policy = ranking.remade(name, experiment.machine)
    return outcome_of(experiment, policy)


def _never(
    ranking: Ranking, policy: Policy, resource: _Resource, *, count: int, last: Outcome | None
) -> Found:
    cpu, gpu = resource.given(ranking.experiment, count).load()
    why = (
        f" The {'LLM server' if gpu > cpu else 'CPU'} is offered {max(cpu, gpu):.0%} of what it can"
        " serve."
        if last is None
        else " More of them change nothing: the time is spent elsewhere."
    )
    sentence = (
        f"No number of {resource.noun}s meets {asked(ranking)} under {policy.name} with 95 %"
        f" confidence: with {count}, {measured(ranking, last)}.{why}"
    )
    return answer_of(resource.question, policy, None, sentence)


def _same(one: Outcome | None, other: Outcome | None) -> bool:
    """Whether twice as many made no request faster."""
    if one is None or other is None:
        return False
    return all(a.same_times(b) for a, b in zip(one.runs, other.runs, strict=True))


def _most_users(ranking: Ranking, policy: Policy) -> Found:
    """By doubling until they are too many, and bisection from there; caps stay as they are."""
    tried: dict[int, Outcome] = {}

    def served(count: int) -> bool:
        if count not in tried:
            tried[count] = outcome_of(with_users(ranking.experiment, count), policy)
        return all_met(ranking, tried[count], sure=True)

    longest = min(len(workload.requests) for workload in ranking.experiment.workloads)
    most = max(longest // _ROUNDS, 1)
    low, high = 0, 1
    while high <= most and served(high):
        low, high = high, min(2 * high, most) if high < most else most + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if served(middle) else (low, middle)
    under = f"Under {policy.name} ({policy.parameters}) {asked_are(ranking)}"
    if not low:
        sentence = f"{under} missed even by one user: {measured(ranking, tried[1])}."
        return answer_of(Question.USERS, policy, None, sentence)
    sentence = (
        f"{under} met with up to {counted(low, 'user')}, with 95 % confidence:"
        f" {measured(ranking, tried[low])}."
    )
    if high in tried:
        sentence += f" With {high}: {measured(ranking, tried[high])}."
    else:
        sentence += (
            f" There may be more: runs of {longest} requests tell of no more users than ask"
            f" {_ROUNDS} times each; longer ones (--requests) would."
        )
    return answer_of(Question.USERS, policy, float(low), sentence)
