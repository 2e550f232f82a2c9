"""
What if: the same requests on another machine, with other tools, or at another rate.

Every change runs under the baseline and under the best policy. A policy whose caps are scaled to
the machine is scaled anew where cores are changed, and stays as it is where not.
"""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.lists import listed
from agentaudit.model.answers import Arm, WhatIf
from agentaudit.model.measures import Measure, Verdict
from agentaudit.simulation.answers.changes import Change, parse_change
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.experiments.experiment import Outcome, difference, estimate, outcome_of
from agentaudit.simulation.experiments.metrics import percentiles
from agentaudit.simulation.machines.machine import MOST_CORES
from agentaudit.simulation.sentences import from_to, time

_INFERENCE = {"gpu", "gpus"}
_CORES = {"cpu"}
_SCHEDULER = "a scheduler change"


def what_ifs(
    ranking: Ranking, changes: Sequence[Change]
) -> tuple[tuple[WhatIf, ...], tuple[str, ...]]:
    """The workload as it is and under each change, and what they say beside each other."""
    names = tuple(dict.fromkeys((ranking.baseline, ranking.best.policy.name)))
    table = [("", {name: ranking.of(name) for name in names})]
    table += [
        (change.text, {name: changed_outcome(ranking, change, name) for name in names})
        for change in changes
    ]
    rows = tuple(
        WhatIf(change=text, arms=tuple(_arm(ranking, one) for one in outcomes.values()))
        for text, outcomes in table
    )
    under_base = {text: outcomes[ranking.baseline] for text, outcomes in table[1:]}
    sentences = (
        *_turned(ranking, under_base),
        *_inference(ranking, {change.text: change for change in changes}, under_base),
    )
    return rows, sentences


def changed_outcome(ranking: Ranking, change: Change, name: str) -> Outcome:
    """A policy after a change, its caps scaled anew where the number of cores is another."""
    experiment = change.apply(ranking.experiment)
    policy = ranking.of(name).policy
    if _CORES & set(change.names):
        policy = ranking.remade(name, experiment.machine)
    return outcome_of(experiment, policy)


def usual_changes(ranking: Ranking) -> Iterator[str]:
    """Twice the cores, where that says something, and an LLM server twice as fast."""
    cores = ranking.experiment.machine.cores
    faster = changed_outcome(ranking, parse_change("gpu=2x"), ranking.baseline)
    asked = f"What if, under {ranking.baseline}, P90:"
    answer = f"an LLM server twice as fast, {_became(ranking, faster)}."
    if not ranking.experiment.first.cpu_known or 2 * cores > MOST_CORES:
        yield f"{asked} {answer}"
        return
    more = changed_outcome(ranking, parse_change("cpu=2x"), ranking.baseline)
    yield f"{asked} {2 * cores} cores instead of {cores}, {_became(ranking, more)}; {answer}"
    yield from _compared(
        ranking, "Faster inference", faster, {_SCHEDULER: ranking.best, "more cores": more}
    )


def _became(ranking: Ranking, changed: Outcome) -> str:
    """The baseline's P90 before and after; latencies of a run that piles up tell of its length."""
    if changed.overloaded:
        return "requests still pile up" if ranking.base.overloaded else "requests pile up"
    if ranking.base.overloaded:
        return f"{time(_p90(ranking, changed))}, and nothing piles up"
    return from_to(_p90(ranking, ranking.base), _p90(ranking, changed))


def _arm(ranking: Ranking, outcome: Outcome) -> Arm:
    base = ranking.base
    return Arm(
        policy=outcome.policy.name,
        parameters=outcome.policy.parameters,
        latency=percentiles(outcome, after=ranking.terms.after),
        overloaded=outcome.overloaded,
        difference=None
        if outcome is base
        else difference(outcome, base, Measure.P90, after=ranking.terms.after),
    )


def _turned(ranking: Ranking, changed: Mapping[str, Outcome]) -> Iterator[str]:
    """Where a change decides whether the baseline keeps up at all."""
    for text, outcome in changed.items():
        if ranking.base.overloaded and not outcome.overloaded:
            yield (
                f"With {text} {ranking.baseline} keeps up, which it does not as it is: P90"
                f" {time(_p90(ranking, outcome))}."
            )
        elif outcome.overloaded and not ranking.base.overloaded:
            yield f"With {text} {ranking.baseline} no longer keeps up: requests pile up."


def _inference(
    ranking: Ranking, changes: Mapping[str, Change], changed: Mapping[str, Outcome]
) -> Iterator[str]:
    """Each change of inference alone, against the scheduler and each change of cores alone."""
    others = {_SCHEDULER: ranking.best} | {
        f"more cores ({text})": changed[text]
        for text, change in changes.items()
        if set(change.names) == _CORES
    }
    for text, change in changes.items():
        if set(change.names) <= _INFERENCE:
            yield from _compared(ranking, f"Inference with {text}", changed[text], others)


def _compared(
    ranking: Ranking, what: str, inference: Outcome, others: Mapping[str, Outcome]
) -> Iterator[str]:
    """Whether inference helps less or more than others do, by the P90 of the same requests."""
    better = [
        name
        for name, other in others.items()
        if other is not ranking.base and _helps_more(ranking, other, inference)
    ]
    worse = [name for name, other in others.items() if _helps_more(ranking, inference, other)]
    if better:
        yield f"{what} would help less than {listed(better, 'or')}."
    elif inference.overloaded:
        yield f"{what} would not be enough: requests still pile up."
    elif not _helps_more(ranking, inference, ranking.base):
        yield f"{what} would not help by more than chance."
    elif len(worse) == len(others):
        yield f"{what} would help more than {listed(list(others), 'or')}."
    else:
        equal = [name for name in others if name not in worse]
        yield f"{what} would help about as much as {listed(equal, 'or')}."


def _helps_more(ranking: Ranking, one: Outcome, other: Outcome) -> bool:
    if one.overloaded != other.overloaded:
        return other.overloaded
    found = difference(one, other, Measure.P90, after=ranking.terms.after)
    return found.verdict is Verdict.LOWER


def _p90(ranking: Ranking, outcome: Outcome) -> float:
    return estimate(outcome, Measure.P90, after=ranking.terms.after).value
