"""Fixes: very many of one long file do not take without end."""

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.fixing import Audited, fixes_of
from agentaudit.linting.linter import lint
from agentaudit.rules.fixes import sources_in
from agentaudit.rules.limits import Limits
from agentaudit.rules.ours import lint_rules

POD = """\
kind: Pod
apiVersion: v1
metadata: {{name: agent{0}}}
spec:
  containers: [{{name: agent, image: "acme/agent:1.0"}}]
"""


def fixed(pods: int, padding: int) -> int:
    """How many of the findings about so many pods have a fix, in a file with a long comment."""
    file = "a.yaml"
    texts = {file: "---\n".join(map(POD.format, range(pods))) + f"# {'x' * padding}\n"}
    deployment = deployment_of(texts)
    rules = [rule for rule in lint_rules() if rule.rule.id == "automounted-token"]
    sources = sources_in(texts, deployment)
    audited = Audited(deployment=deployment, rules=rules, sources=sources, limits=Limits())
    return len(fixes_of(lint(deployment, rules), audited))


def test_of_very_many_fixes_of_one_long_file_the_first_are_made() -> None:
    assert fixed(8, 0) == 8
    assert fixed(8, 900_000) == 2


def test_nobody_edits_a_file_that_is_longer_than_a_book() -> None:
    assert fixed(1, 1_000_000) == 0
