"""The rules that we ship hold what their own examples promise."""

from collections import Counter
from pathlib import Path

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.examples import failed_examples
from agentaudit.model.finding import Family
from agentaudit.report.rule_page import render_reference
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.lint import load_lint_rules

RULES = Path(__file__).parents[2] / "rules"
SHIPPED = load_lint_rules([RULES / "lint"])
LEAST = {
    Family.CREDENTIALS: 12,
    Family.MEMORY: 12,
    Family.IAM: 12,
    Family.GATEWAY: 4,
    Family.TOOLS: 4,
    Family.LOGGING: 4,
    Family.LIMITS: 4,
}


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.rule.id)
def test_a_rule_holds_for_its_matching_examples_only(rule: CompiledRule) -> None:
    assert not list(failed_examples(rule, deployment_of))


def test_every_family_has_its_rules() -> None:
    counts = Counter(rule.rule.family for rule in SHIPPED)

    assert {family: counts[family] >= least for family, least in LEAST.items()} == dict.fromkeys(
        LEAST, True
    )


def test_every_rule_says_where_it_comes_from() -> None:
    assert all(rule.rule.catalogue and rule.rule.references for rule in SHIPPED)


def test_the_reference_is_generated() -> None:
    """`agentaudit rules list --markdown` writes it."""
    expected = render_reference([rule.rule for rule in SHIPPED])

    assert (RULES / "README.md").read_text() == expected
