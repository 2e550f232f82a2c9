"""
The recommendation: which policy with which caps, or to change nothing.

Half of the replications are searched, the other half judge what was found, so that a policy does
not win by the luck of the requests it was chosen on. Then every assumption that could decide the
answer is made wrong, one at a time, and the question asked again.
"""

from collections.abc import Iterator, Sequence
from statistics import fmean

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.lists import listed
from agentaudit.model.answers import Holds, Recommendation, Sensitivity
from agentaudit.model.measures import Difference, Measure, Verdict
from agentaudit.simulation.answers.assumptions import wrong_assumptions
from agentaudit.simulation.answers.cap_search import Searched, best_caps
from agentaudit.simulation.answers.hurting import hurting
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.experiments.experiment import (
    Experiment,
    Outcome,
    difference,
    estimate,
    outcome_of,
    paired,
    saturated,
)
from agentaudit.simulation.experiments.metrics import Terms, goodputs
from agentaudit.simulation.policies.caps import Caps
from agentaudit.simulation.policies.catalogue import ORACLES, SHIPPED
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.sentences import figure, signed, time

GOODPUT = "goodput"
_FEWEST_REPLICATIONS = 4
_BEHIND_ALL = 1e18
"""Thirty years of nanoseconds, a latency that no run has."""
_REQUESTS_A_TRY = 10_000
"""A try simulates about so many requests, fewer replications of long runs."""


class Aim(Struct, frozen=True, kw_only=True):
    """What is to be lowered, a percentile of all requests, or raised, the goodput."""

    name: str
    terms: Terms

    def value(self, outcome: Outcome) -> float:
        """Nanoseconds, or requests per second."""
        if self.name == GOODPUT:
            return fmean(goodputs(outcome, self.terms))
        return estimate(outcome, Measure(self.name), after=self.terms.after).value

    def score(self, outcome: Outcome) -> float:
        """
        The lowest is the best.

        Whoever does not keep up comes behind all who do, and in order among themselves, so that a
        search finds its way from caps that are far too small.
        """
        if self.name == GOODPUT:
            tail = estimate(outcome, Measure.P90, after=self.terms.after).value
            return tail / _BEHIND_ALL - self.value(outcome)
        return self.value(outcome) + _BEHIND_ALL * outcome.overloaded

    def difference(self, now: Outcome, base: Outcome) -> Difference:
        if self.name != GOODPUT:
            return difference(now, base, Measure(self.name), after=self.terms.after)
        if now.overloaded and base.overloaded:
            return saturated(GOODPUT)
        after, before = goodputs(now, self.terms), goodputs(base, self.terms)
        pairs = list(zip(after, before, strict=True))
        return paired(GOODPUT, pairs, now=fmean(after), base=fmean(before))

    def better(self, now: Outcome, base: Outcome) -> bool:
        """By more than chance and enough to matter, or the only one that keeps up."""
        found = self.difference(now, base)
        if found.verdict is Verdict.SATURATED:
            return base.overloaded and not now.overloaded
        return found.verdict is (Verdict.HIGHER if self.name == GOODPUT else Verdict.LOWER)

    def shown(self, value: float) -> str:
        return f"{figure(value)} requests/s in time" if self.name == GOODPUT else time(value)


def aim_of(name: str | None, terms: Terms) -> Aim:
    """
    What the user named, else the goodput where objectives are given, else P90.

    Raises UsageError for the goodput without objectives.
    """
    chosen = name or (GOODPUT if terms.objectives else Measure.P90.value)
    if chosen not in (GOODPUT, *Measure):
        raise UsageError(f"--objective is {', '.join(Measure)} or {GOODPUT}, not {chosen!r}")
    if chosen == GOODPUT and not terms.objectives:
        raise UsageError("--objective goodput needs what is in time: --slo 'p95 < 10s'")
    return Aim(name=chosen, terms=terms)


def recommendation(ranking: Ranking, aim: Aim, start: Caps) -> Recommendation:
    """
    The answer for the policies of the ranking; caps are searched from `start`.

    Raises UsageError where there are too few replications to search on one half.
    """
    count = len(ranking.experiment.workloads)
    if count < _FEWEST_REPLICATIONS:
        raise UsageError(
            f"--recommend needs {_FEWEST_REPLICATIONS} replications at least, half of them to judge"
            f" what was found on the others; there are {count}: --replications 20"
        )
    aim = replace(aim, terms=replace(aim.terms, after=ranking.terms.after))
    seen = _half(ranking.experiment, 0)
    few = max(_REQUESTS_A_TRY // len(ranking.experiment.first.requests), 2)
    seen = replace(seen, workloads=seen.workloads[:few])
    unseen = _half(ranking.experiment, 1)
    families = _families(ranking)
    found = best_caps(families, start, lambda policy: aim.score(outcome_of(seen, policy)))
    as_seen = replace(ranking.base, runs=ranking.base.runs[::2][:few])
    rival = _rival(found, aim.score(as_seen))
    base = replace(ranking.base, runs=ranking.base.runs[1::2])
    now = base if rival is None else outcome_of(unseen, rival)
    change = aim.better(now, base)
    told = aim.difference(now, base)
    tested = tuple(_tested(aim, unseen, base.policy, now.policy, change=change) if rival else ())
    chosen = now if change else base
    return Recommendation(
        objective=aim.name,
        baseline=base.policy.name,
        baseline_parameters=base.policy.parameters,
        policy=chosen.policy.name,
        parameters=chosen.policy.parameters,
        best_found=now.policy.name,
        best_found_parameters=now.policy.parameters,
        change=change,
        before=aim.value(base),
        after=aim.value(now),
        difference=told,
        tried=found.tried,
        searched_on=len(seen.workloads),
        judged_on=len(unseen.workloads),
        sensitivity=tested,
        sentences=(
            _answer(aim, now, base, told, tried=found.tried),
            *([_decided_by(tested)] if tested else []),
            *hurting(ranking),
        ),
    )


def _rival(found: Searched, score: float) -> Policy | None:
    """
    The best that was found, or next to it, which does something else than the baseline.

    One that does the same to every request would be no better whatever was assumed.
    """
    tried = (found, *found.behind)
    return next((one.policy for one in tried if one.score != score), None)


def _half(experiment: Experiment, first: int) -> Experiment:
    return replace(experiment, workloads=experiment.workloads[first::2])


def _families(ranking: Ranking) -> tuple[str, ...]:
    """
    The shipped policies compared, but for those that nobody can use.

    A cap goes by the name of COMB where both it and FCFS are there.
    """
    compared = (outcome.policy.name for outcome in ranking.outcomes)
    names = [name for name in compared if name in SHIPPED and name not in ORACLES]
    twice = "comb-open" in names
    return tuple(sorted(name for name in names if not (twice and name == "fcfs")))


def _tested(
    aim: Aim, experiment: Experiment, base: Policy, now: Policy, *, change: bool
) -> Iterator[Sensitivity]:
    for assumption, wrong in wrong_assumptions(experiment):
        before, after = outcome_of(wrong, base), outcome_of(wrong, now)
        yield Sensitivity(
            assumption=assumption,
            before=aim.value(before),
            after=aim.value(after),
            difference=aim.difference(after, before),
            holds=_holds(aim, after, before, change=change),
        )


def _holds(aim: Aim, now: Outcome, base: Outcome, *, change: bool) -> Holds:
    if now.overloaded and base.overloaded:
        return Holds.SATURATED
    better = aim.better(now, base)
    if better == change:
        return Holds.HOLDS
    if better or aim.better(base, now):
        return Holds.REVERSED
    return Holds.NO_DIFFERENCE


def _answer(aim: Aim, now: Outcome, base: Outcome, told: Difference, *, tried: int) -> str:
    names = [f"{one.policy.name} ({one.policy.parameters})" for one in (now, base)]
    judged = f"{len(base.runs)} replications that the search has not seen"
    what = "goodput" if aim.name == GOODPUT else aim.name.replace("p", "P")
    numbers = (
        f"{what} from {aim.shown(aim.value(base))} to {aim.shown(aim.value(now))}{_interval(told)}"
    )
    if now.overloaded and base.overloaded:
        return (
            f"Change nothing yet: requests pile up under each of {tried} policies and caps tried."
            " Less load, more cores or faster inference come first; see the what-ifs."
        )
    if aim.better(now, base):
        kept = " which does not keep up" if base.overloaded else ""
        return f"Use {names[0]} instead of {names[1]}{kept}: {numbers}, on {judged}."
    none = f"Change nothing: of {tried} policies and caps tried none does better than {names[1]}"
    if now is base:
        return f"{none}, with a {what} of {aim.shown(aim.value(base))} on {judged}."
    return f"{none} by more than chance or 2%; next comes {names[0]}: {numbers}, on {judged}."


def _interval(told: Difference) -> str:
    if told.change is None:
        return ""
    if told.interval is None:
        return f" ({signed(told.change)})"
    low, high = signed(told.interval.low), signed(told.interval.high)
    return f" ({signed(told.change)}, 95 % interval {low} to {high})"


def _decided_by(tested: Sequence[Sensitivity]) -> str:
    wrong = [one for one in tested if one.holds is not Holds.HOLDS]
    if all(one.holds is Holds.SATURATED for one in tested):
        return f"Requests pile up under each of {len(tested)} assumptions made wrong as well."
    if not wrong:
        return f"That holds under each of {len(tested)} assumptions made wrong, one at a time."
    cases = listed([f"{one.assumption} ({one.holds})" for one in wrong])
    if 2 * len(wrong) > len(tested):
        return (
            f"Take it as a hint and measure: it holds under {len(tested) - len(wrong)} of"
            f" {len(tested)} assumptions made wrong, one at a time; not with {cases}."
        )
    return (
        f"That holds under {len(tested) - len(wrong)} of {len(tested)} assumptions made wrong, one"
        f" at a time; not with {cases}."
    )
