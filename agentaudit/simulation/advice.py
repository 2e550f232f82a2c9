"""What to change, by how much, and on which assumptions: the comparison in sentences."""

from collections.abc import Iterator, Sequence

from agentaudit.model.measures import Difference, Measure, Verdict
from agentaudit.model.results import PolicyResult
from agentaudit.model.workload import Heavy, Workload
from agentaudit.simulation.experiment import EQUAL, difference
from agentaudit.simulation.hurting import hurting
from agentaudit.simulation.policies.catalogue import ORACLES
from agentaudit.simulation.ranking import Ranking
from agentaudit.simulation.sentences import from_to, listed, share_of_change
from agentaudit.simulation.what_if import usual_changes


def advice(
    ranking: Ranking, told: Sequence[str] = (), *, recommended: bool = False
) -> tuple[str, ...]:
    """
    Sentences, the most useful first; `told` is what was found out about changes, if any.

    Where caps were searched, the recommendation says which policy to use, and this does not.
    """
    cpu, gpu = ranking.experiment.load()
    return (
        *_too_much(cpu, gpu),
        *(() if recommended else _best(ranking)),
        *hurting(ranking),
        *_classes(ranking.experiment.first, ranking.base_result, ranking.results),
        *(told or usual_changes(ranking)),
        *_load(cpu, gpu, ranking.results),
    )


def _too_much(cpu: float, gpu: float) -> Iterator[str]:
    name, load = ("CPU", cpu) if cpu >= gpu else ("LLM server", gpu)
    if load > 1:
        yield (
            f"Overload: requests ask for {load:.0%} of what the {name} can serve at best. No policy"
            f" keeps up; latencies grow for as long as it lasts. At most {1 / load:.0%} of this"
            " rate can be served."
        )


def _load(cpu: float, gpu: float, results: Sequence[PolicyResult]) -> Iterator[str]:
    if not (cpu or gpu) or max(cpu, gpu) > 1:
        return
    behind = [result.policy for result in results if result.overloaded]
    sentence = (
        f"The load is {cpu:.0%} of what the CPU can serve, and {gpu:.0%} of what the LLM server can"
        " with full batches"
    )
    yield (
        f"{sentence}; still, requests pile up under {listed(behind)}." if behind else sentence + "."
    )


def _best(ranking: Ranking) -> Iterator[str]:
    """The policy to use, or that there is none; and the one for the median where it is another."""
    base = ranking.base_result
    results = [result for result in ranking.results if result.policy not in ORACLES]
    tail = results[0]
    median = min(results, key=lambda result: (result.overloaded, _p50(result), _p90(result)))
    if _better(ranking, Measure.P90, tail, base):
        yield _use(tail, base)
        yield from _equals(ranking, tail)
        if _better(ranking, Measure.P50, median, tail):
            yield _trade(median, base)
    elif _better(ranking, Measure.P50, median, base):
        equal_tail = not _better(ranking, Measure.P90, base, median)
        yield _use(median, base) if equal_tail else _trade(median, base)
    else:
        hurt = all(_p90(result) > _p90(base) for result in results if result is not base)
        yield (
            f"No policy lowers P50 or P90 by more than {EQUAL:.0%}, or by more than chance, against"
            f" {base.policy}: scheduling is not what limits this workload on this machine"
            + (", and a cap can only hurt it." if hurt else ".")
        )


def _use(best: PolicyResult, base: PolicyResult) -> str:
    return (
        f"Use {best.policy} ({best.parameters}) instead of {base.policy} ({base.parameters}):"
        f" P90 {from_to(_p90(base), _p90(best))}, P50 {from_to(_p50(base), _p50(best))}."
    )


def _trade(median: PolicyResult, base: PolicyResult) -> str:
    return (
        f"If the median matters more than the tail, {median.policy} ({median.parameters}) does"
        f" better: against {base.policy}, P50 {from_to(_p50(base), _p50(median))}, P90"
        f" {from_to(_p90(base), _p90(median))}."
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
        yield f"{listed(equal)} does the same{told}."


def _classes(
    workload: Workload, base: PolicyResult, results: Sequence[PolicyResult]
) -> Iterator[str]:
    mas = next((result for result in results if result.policy == "mas"), None)
    if mas is None or mas is base:
        return
    classes = {request.heavy for request in workload.requests}
    if len(classes) == 1:
        only = "CPU" if classes == {Heavy.CPU} else "GPU"
        yield f"All requests are {only}-heavy, so MAS has no second class to keep apart."
        return
    pairs = [
        (was.type, was.latency.p90_ns, now.latency.p90_ns)
        for was, now in zip(base.by_type[1:], mas.by_type[1:], strict=True)
    ]
    parts = [
        f"{name} {from_to(was_ns, now_ns)}"
        for name, was_ns, now_ns in pairs
        if abs(share_of_change(was_ns, now_ns)) >= EQUAL
    ]
    if parts:
        yield f"Under MAS instead of {base.policy}, P90 of {', of '.join(parts)}."
    else:
        yield f"MAS changes the P90 of no type by more than {EQUAL:.0%} against {base.policy}."


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
