"""Policies in one experiment, the best first: what every answer starts from."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.results import PolicyResult
from agentaudit.model.workload import Machine
from agentaudit.simulation.experiments.experiment import Experiment, Outcome, outcome_of, warm_up
from agentaudit.simulation.experiments.metrics import Terms, policy_result
from agentaudit.simulation.policies.catalogue import ORACLES
from agentaudit.simulation.policy import Policy


class Ranking(Struct, frozen=True, kw_only=True):
    """Outcomes and results in the same order; `remade` makes a policy of a name for a machine."""

    experiment: Experiment
    terms: Terms
    baseline: str
    outcomes: tuple[Outcome, ...]
    results: tuple[PolicyResult, ...]
    remade: Callable[[str, Machine], Policy]

    @property
    def base(self) -> Outcome:
        return self.of(self.baseline)

    @property
    def best(self) -> Outcome:
        """The best of those that anybody can use."""
        usable = (one for one in self.outcomes if one.policy.name not in ORACLES)
        return next(usable, self.base)

    @property
    def base_result(self) -> PolicyResult:
        return next(result for result in self.results if result.policy == self.baseline)

    def result(self, policy: str) -> PolicyResult | None:
        """The numbers of a policy; None where it was not compared."""
        return next((result for result in self.results if result.policy == policy), None)

    def of(self, policy: str) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.policy.name == policy)


def ranked(
    experiment: Experiment,
    policies: Sequence[Policy],
    *,
    baseline: str,
    terms: Terms,
    remade: Callable[[str, Machine], Policy] | None = None,
) -> Ranking:
    """
    The policies on the same requests: the lowest P90 first, overloaded policies last.

    Raises UsageError for an empty workload, and when no policy is called as the baseline.
    """
    if not experiment.first.requests:
        raise UsageError(f"{experiment.first.source}: there are no requests to simulate")
    by_name = {policy.name: policy for policy in policies}
    if baseline not in by_name:
        raise UsageError(f"the baseline {baseline!r} is not among the policies compared")
    outcomes = [outcome_of(experiment, policy) for policy in policies]
    terms = replace(terms, after=warm_up(experiment, outcomes))
    base = next(outcome for outcome in outcomes if outcome.policy.name == baseline)
    pairs = [
        (policy_result(outcome, terms, None if outcome is base else base), outcome)
        for outcome in outcomes
    ]
    pairs.sort(key=lambda pair: _rank(pair[0], baseline))
    return Ranking(
        experiment=experiment,
        terms=terms,
        baseline=baseline,
        outcomes=tuple(outcome for _, outcome in pairs),
        results=tuple(result for result, _ in pairs),
        remade=remade or (lambda name, _: by_name[name]),
    )


def _rank(result: PolicyResult, baseline: str) -> tuple[bool, int, int, bool, str]:
    """Of policies that do the same the baseline comes first: there is nothing to change for."""
    latency = result.overall.latency
    other = result.policy != baseline
    return (result.overloaded, latency.p90_ns, latency.p50_ns, other, result.policy)
