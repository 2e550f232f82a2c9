"""Context: what a finding in a test or a manual is worth."""

import re

from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact
from agentaudit.model.finding import Severity

_REHEARSAL = re.compile(
    r"(?:^|/)(?:tests?|__tests__|testdata|unittests?|e2e|fixtures?|mocks?|docs?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest|[^/]*_test|[^/]*\.(?:test|spec))\.\w+$"
)


def in_context(
    fact: Fact, severity: Severity, confidence: Confidence
) -> tuple[Severity, Confidence]:
    """
    The severity and confidence of a finding where it was found.

    Nobody deploys tests and manuals, so what they configure is at most a note. A credential that
    is certain stays what it is wherever it stands: it works from there, too.
    """
    certain = isinstance(fact, Credential) and fact.confidence is Confidence.CERTAIN
    if certain or not _REHEARSAL.search(fact.evidence[0].file):
        return severity, confidence
    return min(severity, Severity.LOW, key=lambda item: item.rank), Confidence.POSSIBLE
