"""What to change, by how much, and on which assumptions: the comparison in sentences."""

from collections.abc import Iterator, Sequence

from agentaudit.lists import listed
from agentaudit.model.measures import Difference, Measure, Verdict
from agentaudit.model.results import PolicyResult
from agentaudit.model.workload import Heavy
from agentaudit.simulation.answers.hurting import hurting
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.answers.what_if import usual_changes
from agentaudit.simulation.experiments.experiment import EQUAL, difference
from agentaudit.simulation.fast.requests import classes_there
from agentaudit.simulation.policies.catalogue import ORACLES
from agentaudit.simulation.sentences import from_to, time

_COARSE = 0.05
"""An interval of a difference that is wider hides what people would want to know."""


def advice(
    ranking: Ranking, told: Sequence[str] = (), *, recommended: bool = False
) -> tuple[str, ...]:
    """
    Sentences, the most useful first; `told` is what was found out about changes, if any.

    Where caps were searched, the recommendation says which policy to use and what hurts, and this
    does not.
    """
    cpu, gpu = ranking.experiment.load()
    return (
        *_too_much(cpu, gpu),
        *(() if recommended else _best(ranking)),
        *_unmeasured(ranking),
        *(() if recommended else hurting(ranking)),
        *_classes(ranking),
        *(told or usual_changes(ranking)),
        *_load(cpu if ranking.experiment.first.cpu_known else None, gpu, ranking.results),
    )


def _too_much(cpu: float, gpu: float) -> Iterator[str]:
    name, load = ("CPU", cpu) if cpu >= gpu else ("LLM server", gpu)
    if load > 1:
        yield (
            f"Overload: requests ask for {load:.0%} of what the {name} can serve at best. No policy"
            f" keeps up; latencies grow for as long as it lasts. At most {1 / load:.0%} of this"
            " rate can be served."
        )


def _load(cpu: float | None, gpu: float, results: Sequence[PolicyResult]) -> Iterator[str]:
    if not (cpu or gpu) or max(cpu or 0.0, gpu) > 1:
        return
    behind = [result.policy for result in results if result.overloaded]
    served = f"{gpu:.0%} of what the LLM server can"
    sentence = (
        f"The load is {served} serve with full batches, and an unknown part of what the CPU can"
        if cpu is None
        else f"The load is {cpu:.0%} of what the CPU can serve, and {served} with full batches"
    )
    yield (
        f"{sentence}; still, requests pile up under {listed(behind)}." if behind else sentence + "."
    )


def _best(ranking: Ranking) -> Iterator[str]:
    """The policy to use, or that there is none; and the one for the median where it is another."""
    base = ranking.base_result
    results = [result for result in ranking.results if result.policy not in ORACLES]
    tail = results[0]
    if tail.overloaded:
        return  # such latencies tell how long the run was
    median = min(results, key=lambda result: (result.overloaded, _p50(result), _p90(result)))
    if _better(ranking, Measure.P90, tail, base):
        yield _use(tail, base)
        yield from _equals(ranking, tail)
        if _better(ranking, Measure.P50, median, tail):
            gains = _better(ranking, Measure.P50, median, base)
            yield _trade(median, base) if gains else _stay(tail, base)
    elif _better(ranking, Measure.P50, median, base):
        equal_tail = not _better(ranking, Measure.P90, base, median)
        yield _use(median, base) if equal_tail else _trade(median, base)
    else:
        yield (
            f"No policy lowers P50 or P90 by more than {EQUAL:.0%}, or by more than chance, against"
            f" {base.policy}{_why(ranking, results)}.{_blind_to(results)}"
        )


def _why(ranking: Ranking, results: Sequence[PolicyResult]) -> str:
    """What follows where no policy is better, if the cores were seen at all."""
    if not ranking.experiment.first.cpu_known:
        return ""
    base = ranking.base_result
    hurt = all(_p90(result) > _p90(base) for result in results if result is not base)
    limits = ": scheduling is not what limits this workload on this machine"
    return f"{limits}, and a cap can only hurt it" if hurt else limits


def _unmeasured(ranking: Ranking) -> Iterator[str]:
    """What no policy and no answer here can know of."""
    if not ranking.experiment.first.cpu_known:
        yield (
            "Nobody measured the CPU time of this trace, so all of this holds for the LLM server"
            " alone: what a policy or more cores would do for the tools is unknown. `agentaudit"
            " profile` records it."
        )


def _blind_to(results: Sequence[PolicyResult]) -> str:
    """What the runs are too few or too short to see, where that is more than a twentieth."""
    widest = max(
        (
            one.interval.half_width
            for result in results
            for one in result.differences
            if one.measure == Measure.P90 and one.verdict is Verdict.EQUAL and one.interval
        ),
        default=0.0,
    )
    if widest < _COARSE:
        return ""
    return (
        f" But differences of less than {widest:.0%} could not be seen here: more --replications or"
        " --requests would show them."
    )


def _use(best: PolicyResult, base: PolicyResult) -> str:
    use = f"Use {best.policy} ({best.parameters}) instead of {base.policy} ({base.parameters})"
    if base.overloaded:
        p90, p50 = time(_p90(best)), time(_p50(best))
        return f"{use}, which does not keep up: P90 {p90}, P50 {p50}."
    return f"{use}: P90 {from_to(_p90(base), _p90(best))}, P50 {from_to(_p50(base), _p50(best))}."


def _trade(median: PolicyResult, base: PolicyResult) -> str:
    return (
        f"If the median matters more than the tail, {median.policy} ({median.parameters}) does"
        f" better: against {base.policy}, P50 {from_to(_p50(base), _p50(median))}, P90"
        f" {from_to(_p90(base), _p90(median))}."
    )


def _stay(tail: PolicyResult, base: PolicyResult) -> str:
    return (
        f"If the median matters more than the tail, stay with {base.policy}: {tail.policy} takes"
        f" P50 {from_to(_p50(base), _p50(tail))}."
    )


def _equals(ranking: Ranking, best: PolicyResult) -> Iterator[str]:
    equal = [
        result.policy
        for result in ranking.results
        if result.policy not in (best.policy, ranking.baseline)
        and all(
            _against(ranking, measure, result, best).verdict is Verdict.EQUAL
            for measure in (Measure.P50, Measure.P90)
        )
    ]
    if equal:
        count = len(ranking.experiment.workloads)
        told = f", as far as {count} replications can tell" if count > 1 else f" within {EQUAL:.0%}"
        yield f"{listed(equal)} {'does' if len(equal) == 1 else 'do'} the same{told}."


def _classes(ranking: Ranking) -> Iterator[str]:
    """What MAS does to each type of request, as far as it is more than chance."""
    base, mas = ranking.base_result, ranking.result("mas")
    if mas is None or mas is base:
        return
    classes = classes_there(ranking.experiment.first)
    if len(classes) == 1:
        only = "CPU" if classes == {Heavy.CPU} else "GPU"
        yield f"All requests are {only}-heavy, so MAS has no second class to keep apart."
        return
    parts = [
        f"{was.type} {from_to(was.latency.p90_ns, now.latency.p90_ns)}"
        for was, now in zip(base.by_type[1:], mas.by_type[1:], strict=True)
        if _differs(ranking, was.type)
    ]
    if parts:
        yield f"Under MAS instead of {base.policy}, P90 of {', of '.join(parts)}."
    else:
        yield f"MAS changes the P90 of no type by more than {EQUAL:.0%} against {base.policy}."


def _differs(ranking: Ranking, type_: str) -> bool:
    found = difference(
        ranking.of("mas"), ranking.base, Measure.P90, type_=type_, after=ranking.terms.after
    )
    return found.verdict is not Verdict.EQUAL


def _better(ranking: Ranking, measure: Measure, one: PolicyResult, other: PolicyResult) -> bool:
    """Keeps up where the other does not, or is lower, by more than chance and enough to matter."""
    if one.overloaded != other.overloaded:
        return other.overloaded
    return _against(ranking, measure, one, other).verdict is Verdict.LOWER


def _against(
    ranking: Ranking, measure: Measure, one: PolicyResult, other: PolicyResult
) -> Difference:
    now, base = ranking.of(one.policy), ranking.of(other.policy)
    return difference(now, base, measure, after=ranking.terms.after)


def _p50(result: PolicyResult) -> int:
    return result.overall.latency.p50_ns


def _p90(result: PolicyResult) -> int:
    return result.overall.latency.p90_ns
