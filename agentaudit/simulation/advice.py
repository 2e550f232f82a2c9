"""What to change, by how much, and on which assumptions: the comparison in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agentaudit.model.results import PolicyResult, TypeLatency
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
    return (
        *_overload(workload, machine, results),
        *_best(base, results),
        *_median(base, results),
        *_classes(workload, base, results),
        *_what_if(workload, machine, baseline, _scheduling_change(base, results)),
    )


def _overload(
    workload: Workload, machine: Machine, results: Sequence[PolicyResult]
) -> Iterator[str]:
    cpu, gpu = offered_load(workload, machine)
    if max(cpu, gpu) > 1:
        name, load = ("CPU", cpu) if cpu >= gpu else ("GPU", gpu)
        yield (
            f"Overload: requests ask for {load:.0%} of what the {name} can serve at best. No policy"
            f" keeps up; latencies grow for as long as it lasts. At most {1 / load:.0%} of this"
            " rate can be served."
        )
        return
    behind = [result.policy for result in results if result.overloaded]
    if behind:
        yield (
            f"Overload under {_listed(behind)}: requests pile up while they keep coming, so those"
            " latencies would grow with a longer run."
        )


def _best(base: PolicyResult, results: Sequence[PolicyResult]) -> Iterator[str]:
    best = results[0]
    change = _change(base.overall.latency.p90_ns, best.overall.latency.p90_ns)
    if best is base or (change > -EQUAL and base.overloaded == best.overloaded):
        yield (
            f"No policy lowers P90 by more than {EQUAL:.0%} against {base.policy}: scheduling is"
            " not what limits this workload on this machine"
            + (", and a cap can only hurt it." if _all_worse(base, results) else ".")
        )
        return
    latency, before = best.overall.latency, base.overall.latency
    yield (
        f"Use {best.policy} ({best.parameters}): P90 goes from {_time(before.p90_ns)} to"
        f" {_time(latency.p90_ns)} ({change:+.0%}) and P50 from {_time(before.p50_ns)} to"
        f" {_time(latency.p50_ns)} ({_change(before.p50_ns, latency.p50_ns):+.0%}), against"
        f" {base.policy} ({base.parameters})."
    )
    equal = [
        result.policy for result in results[1:] if result is not base and not _differs(result, best)
    ]
    if equal:
        yield f"{_listed(equal)} does the same within {EQUAL:.0%}."


def _median(base: PolicyResult, results: Sequence[PolicyResult]) -> Iterator[str]:
    """The policy with the best P50, where it is not the one with the best P90."""
    best = min(results, key=lambda result: (result.overloaded, result.overall.latency.p50_ns))
    before, latency = results[0].overall.latency, best.overall.latency
    if _change(before.p50_ns, latency.p50_ns) > -EQUAL or best.overloaded:
        return
    yield (
        f"If the median matters more than the tail, {best.policy} ({best.parameters}) has P50"
        f" {_time(latency.p50_ns)} ({_change(base.overall.latency.p50_ns, latency.p50_ns):+.0%}"
        f" against {base.policy}) at P90 {_time(latency.p90_ns)}"
        f" ({_change(base.overall.latency.p90_ns, latency.p90_ns):+.0%})."
    )


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
    before = {latency.type: latency for latency in base.by_type}
    parts = [
        f"{latency.type} {_type_change(before[latency.type], latency)}"
        for latency in mas.by_type[1:]
    ]
    yield f"MAS against {base.policy} by type, P90: {', '.join(parts)}."


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
        f"What if, under {baseline.name}: {2 * machine.cores} cores instead of {machine.cores}"
        f" change P90 by {cpu:+.0%}, an LLM server twice as fast by {gpu:+.0%}."
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


def _scheduling_change(base: PolicyResult, results: Sequence[PolicyResult]) -> float:
    return _change(base.overall.latency.p90_ns, results[0].overall.latency.p90_ns)


def _type_change(before: TypeLatency, after: TypeLatency) -> str:
    old, new = before.latency.p90_ns, after.latency.p90_ns
    return f"{_time(old)} to {_time(new)} ({_change(old, new):+.0%})"


def _all_worse(base: PolicyResult, results: Sequence[PolicyResult]) -> bool:
    others = [result for result in results if result is not base]
    return bool(others) and all(
        result.overloaded or _change(base.overall.latency.p90_ns, result.overall.latency.p90_ns) > 0
        for result in others
    )


def _differs(one: PolicyResult, other: PolicyResult) -> bool:
    pairs = (
        (one.overall.latency.p50_ns, other.overall.latency.p50_ns),
        (one.overall.latency.p90_ns, other.overall.latency.p90_ns),
    )
    return any(abs(_change(*pair)) >= EQUAL for pair in pairs)


def _change(before_ns: int, after_ns: int) -> float:
    return after_ns / before_ns - 1 if before_ns else 0.0


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _time(time_ns: int) -> str:
    return f"{time_ns / 1e9:.3g} s" if time_ns >= _SECOND_NS else f"{time_ns / 1e6:.3g} ms"
