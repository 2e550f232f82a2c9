"""What to change, by how much, and on which assumptions: the comparison in sentences."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from agentaudit.model.results import PolicyResult
from agentaudit.model.workload import Heavy, Machine, Workload
from agentaudit.simulation.metrics import offered_load, result_of
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.speed import faster, wider

_SECOND_NS = 1_000_000_000
EQUAL = 0.02
"""Policies whose numbers differ by less are called equal: a simulation knows no better."""


def advice(
    workload: Workload, machine: Machine, baseline: Policy, results: Sequence[PolicyResult]
) -> tuple[str, ...]:
    """Sentences, the most useful first. `results` are ranked, and the baseline's is among them."""
    base = next(result for result in results if result.policy == baseline.name)
    cpu, gpu = offered_load(workload, machine)
    return (
        *_too_much(cpu, gpu),
        *_best(base, results),
        *_classes(workload, base, results),
        *_what_if(workload, machine, baseline, _change(_p90(base), _p90(results[0]))),
        *_load(cpu, gpu, results),
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
        f"{sentence}; still, requests pile up under {_listed(behind)}."
        if behind
        else sentence + "."
    )


def _best(base: PolicyResult, results: Sequence[PolicyResult]) -> Iterator[str]:
    """The policy to use, or that there is none; and the one for the median where it is another."""
    tail = results[0]
    median = min(results, key=lambda result: (result.overloaded, _p50(result), _p90(result)))
    if _better(_p90, tail, base):
        yield _use(tail, base)
        yield from _equals(tail, base, results)
        if _better(_p50, median, tail):
            yield _trade(median, base)
    elif _better(_p50, median, base):
        equal_tail = _change(_p90(base), _p90(median)) < EQUAL
        yield _use(median, base) if equal_tail else _trade(median, base)
    else:
        hurt = all(_p90(result) > _p90(base) for result in results if result is not base)
        yield (
            f"No policy lowers P50 or P90 by more than {EQUAL:.0%} against {base.policy}:"
            " scheduling is not what limits this workload on this machine"
            + (", and a cap can only hurt it." if hurt else ".")
        )


def _use(best: PolicyResult, base: PolicyResult) -> str:
    return (
        f"Use {best.policy} ({best.parameters}) instead of {base.policy} ({base.parameters}):"
        f" P90 {_from_to(_p90(base), _p90(best))}, P50 {_from_to(_p50(base), _p50(best))}."
    )


def _trade(median: PolicyResult, base: PolicyResult) -> str:
    return (
        f"If the median matters more than the tail, {median.policy} ({median.parameters}) does"
        f" better: against {base.policy}, P50 {_from_to(_p50(base), _p50(median))}, P90"
        f" {_from_to(_p90(base), _p90(median))}."
    )


def _equals(
    best: PolicyResult, base: PolicyResult, results: Sequence[PolicyResult]
) -> Iterator[str]:
    equal = [
        result.policy
        for result in results
        if result not in (best, base)
        and all(abs(_change(part(best), part(result))) < EQUAL for part in (_p50, _p90))
    ]
    if equal:
        yield f"{_listed(equal)} does the same within {EQUAL:.0%}."


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
        f"{name} {_from_to(was_ns, now_ns)}"
        for name, was_ns, now_ns in pairs
        if abs(_change(was_ns, now_ns)) >= EQUAL
    ]
    if parts:
        yield f"Under MAS instead of {base.policy}, P90 of {', of '.join(parts)}."
    else:
        yield f"MAS changes the P90 of no type by more than {EQUAL:.0%} against {base.policy}."


def _what_if(
    workload: Workload, machine: Machine, baseline: Policy, scheduling: float
) -> Iterator[str]:
    more_cores = replace(machine, cores=2 * machine.cores, cpu=wider(machine.cpu, 2))
    faster_gpu = replace(machine, gpu=faster(machine.gpu, 2))
    before, with_cores, with_gpu = (
        result_of(workload, changed, baseline).overall.latency.p90_ns
        for changed in (machine, more_cores, faster_gpu)
    )
    cpu, gpu = _change(before, with_cores), _change(before, with_gpu)
    yield (
        f"What if, under {baseline.name}, P90: {2 * machine.cores} cores instead of"
        f" {machine.cores}, {_from_to(before, with_cores)}; an LLM server twice as fast,"
        f" {_from_to(before, with_gpu)}."
    )
    better = [
        name
        for name, change in (("a scheduler change", scheduling), ("more cores", cpu))
        if change < gpu - EQUAL
    ]
    if better:
        yield f"Faster inference would help less than {' or '.join(better)}."
    elif gpu < -EQUAL:
        yield "Faster inference is the most effective of the three changes."


def _better(part: Callable[[PolicyResult], int], one: PolicyResult, other: PolicyResult) -> bool:
    """Keeps up where the other does not, or is lower by more than what is called equal."""
    if one.overloaded != other.overloaded:
        return other.overloaded
    return _change(part(other), part(one)) < -EQUAL


def _p50(result: PolicyResult) -> int:
    return result.overall.latency.p50_ns


def _p90(result: PolicyResult) -> int:
    return result.overall.latency.p90_ns


def _from_to(before_ns: int, after_ns: int) -> str:
    change = _percent(_change(before_ns, after_ns))
    return f"from {_time(before_ns)} to {_time(after_ns)} ({change})"


def _change(before_ns: int, after_ns: int) -> float:
    return after_ns / before_ns - 1 if before_ns else 0.0


def _percent(change: float) -> str:
    percents = round(change * 100)
    return f"{percents:+d}%" if percents else "no change"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _time(time_ns: int) -> str:
    return f"{time_ns / 1e9:.3g} s" if time_ns >= _SECOND_NS else f"{time_ns / 1e6:.3g} ms"
