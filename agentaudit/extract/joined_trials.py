"""
Agents that are built to try something: in tests, evaluations and benchmarks.

They run when somebody looks on, and are no part of what is deployed; what they hold and may do
counts all the same.
"""

import re

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.model.facts.agents import Agent

_TRIAL = re.compile(
    r"(?:^|/)(?:tests?|e2e|evals?|evaluations?|benchmarks?)/|(?:^|/)test_[^/]*\.py$|_test\.py$"
)


def join_trials(collector: Collector) -> None:
    """Marks the agents of which all that is known stands in files of trials."""
    for agent in collector.of(Agent):
        if all(_TRIAL.search(place.file) for place in agent.evidence):
            collector.update(replace(agent, on_trial=True))
