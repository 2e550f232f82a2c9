"""Context: what a finding in a test, an evaluation or a manual is worth."""

from agentaudit.expressions import regex
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.finding import Severity

_TRIAL = regex(
    r"(?:^|/)(?:evals?|evaluations?|bench|benchmarks?)/|[_-]benchmarks?\.\w+$"
    r"|(?:^|/)(?:validate|verify|check)_(?:agents?|graphs?|setup|workflows?)\.py$"
)
"""Agents there judge others, or are measured, while somebody looks on; so what they remember."""


def rehearsed(fact: Fact) -> bool:
    """Whether nobody deploys a fact: tests, manuals, agents of evaluations and their memories."""
    file = fact.evidence[0].file
    tried = isinstance(fact, Agent | MemoryStore) and _TRIAL.search(file) is not None
    return tried or is_rehearsal(file)


def in_context(
    fact: Fact, severity: Severity, confidence: Confidence
) -> tuple[Severity, Confidence]:
    """
    The severity and confidence of a finding where it was found.

    What nobody deploys is at most a note. A credential that is certain stays what it is wherever
    it stands: it works from there, too. A default that everybody knows opens nothing there.
    """
    works = (
        isinstance(fact, Credential)
        and fact.confidence is Confidence.CERTAIN
        and not fact.default_value
    )
    if works or not rehearsed(fact):
        return severity, confidence
    return min(severity, Severity.LOW, key=lambda item: item.rank), Confidence.POSSIBLE
