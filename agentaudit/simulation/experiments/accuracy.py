"""How good predictions were: errors by policy, and whether they tell policies apart."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from statistics import fmean

from agentaudit.model.validation import (
    Accuracy,
    Comparisons,
    Errors,
    Outcome,
    PolicyAccuracy,
    ValidatedRun,
)

Prediction = Callable[[ValidatedRun], Outcome]
_CLEAR = 1.1
"""Differences below a tenth are as often noise as not (P90 of some dozen requests)."""


def foreknown(run: ValidatedRun) -> Outcome:
    return run.foreknown


def own(run: ValidatedRun) -> Outcome:
    return run.own


def accuracies(runs: Sequence[ValidatedRun]) -> tuple[PolicyAccuracy, ...]:
    """All runs first, then by policy in the order in which they ran."""
    by_policy = {
        name: [run for run in runs if run.policy == name]
        for name in dict.fromkeys(run.policy for run in runs)
    }
    return tuple(
        PolicyAccuracy(policy=name, foreknown=accuracy(some, foreknown), own=accuracy(some, own))
        for name, some in {"all": list(runs), **by_policy}.items()
    )


def accuracy(runs: Sequence[ValidatedRun], prediction: Prediction) -> Accuracy:
    """Mean errors of one kind of prediction."""
    pairs = [(prediction(run), run.measured) for run in runs]
    return Accuracy(
        runs=len(runs),
        errors=Errors(
            p50=_error((one.p50_ns, other.p50_ns) for one, other in pairs),
            p90=_error((one.p90_ns, other.p90_ns) for one, other in pairs),
            mean=_error((one.mean_ns, other.mean_ns) for one, other in pairs),
            makespan=_error((one.makespan_ns, other.makespan_ns) for one, other in pairs),
        ),
        bias=fmean(one.p50_ns / other.p50_ns - 1 for one, other in pairs),
    )


def comparisons(groups: Sequence[Sequence[ValidatedRun]], prediction: Prediction) -> Comparisons:
    """
    Each two policies of a group against each other, by their mean latencies over its repeats.

    The runs of a group are of the same requests and took turns. A machine's speed drifts by more
    than many policies differ, so single runs compare its moods as much as the policies.
    """
    errors, right, clear = [], 0, [0, 0]
    for one, other in (
        pair for runs in groups for pair in combinations(_means(runs, prediction), 2)
    ):
        measured = one[0] / other[0]
        predicted = one[1] / other[1]
        named = (measured > 1) == (predicted > 1)
        errors.append(abs(predicted / measured - 1))
        right += named
        if max(measured, 1 / measured) > _CLEAR:
            clear[0] += 1
            clear[1] += named
    return Comparisons(
        pairs=len(errors),
        ratio_error=fmean(errors) if errors else 0.0,
        clear_pairs=clear[0],
        clear_right=clear[1],
        right=right,
    )


def _means(runs: Sequence[ValidatedRun], prediction: Prediction) -> Iterator[tuple[float, float]]:
    """Of each policy, its mean latency over the runs, measured and predicted."""
    for name in dict.fromkeys(run.policy for run in runs):
        some = [run for run in runs if run.policy == name]
        yield (
            fmean(run.measured.mean_ns for run in some),
            fmean(prediction(run).mean_ns for run in some),
        )


def _error(pairs: Iterator[tuple[int, int]]) -> float:
    return fmean(abs(predicted / measured - 1) for predicted, measured in pairs)
