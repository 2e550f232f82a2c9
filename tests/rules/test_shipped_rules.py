"""The rules that we ship hold what their own examples promise."""

import re
from collections import Counter
from pathlib import Path

import pytest

from agentaudit.errors import InputError
from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.examples import failed_examples, failed_fixes
from agentaudit.linting.fixing import Audited, fixes_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Family
from agentaudit.report.rule_manual import manual_pages
from agentaudit.report.rule_page import render_reference
from agentaudit.rules.catalogue import load_catalogue, rules_of_rows
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.fakes import expand_fakes
from agentaudit.rules.fixes import sources_in
from agentaudit.rules.limits import Limits
from agentaudit.rules.lint import load_lint_rules
from agentaudit.rules.ours import threat_rules

RULES = Path(__file__).parents[2] / "rules"
MANUAL = RULES.parent / "docs" / "rules"
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


FIXABLE = [rule for rule in SHIPPED if rule.rule.autofix]


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.rule.id)
def test_a_fix_takes_its_finding_away_and_brings_none(rule: CompiledRule) -> None:
    """All rules are asked before and after, and the file is what the example says, to the byte."""
    assert not list(failed_fixes(rule, SHIPPED, deployment_of))


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.rule.id)
def test_a_fix_leaves_nothing_to_fix(rule: CompiledRule) -> None:
    """Fixing twice is fixing once."""
    for example in rule.rule.autofix.examples if rule.rule.autofix else ():
        texts = {**dict(example.files), example.path: expand_fakes(example.after)}
        deployment = deployment_of(texts)
        sources = sources_in(texts, deployment)
        audited = Audited(deployment=deployment, rules=[rule], sources=sources, limits=Limits())

        assert fixes_of(lint(deployment, SHIPPED), audited) == ()


def test_there_are_fixes() -> None:
    assert len(FIXABLE) >= 15


def test_every_family_has_its_rules() -> None:
    counts = Counter(rule.rule.family for rule in SHIPPED)

    assert {family: counts[family] >= least for family, least in LEAST.items()} == dict.fromkeys(
        LEAST, True
    )


def test_every_rule_says_where_it_comes_from() -> None:
    assert all(rule.rule.catalogue and rule.rule.references for rule in SHIPPED)


def test_the_reference_is_generated() -> None:
    """`agentaudit rules list --markdown > rules/README.md` writes it."""
    expected = render_reference([rule.rule for rule in SHIPPED])
    current = (RULES / "README.md").read_text() == expected

    assert current, "stale: run `agentaudit rules list --markdown > rules/README.md`"


def test_the_manual_is_generated() -> None:
    """`agentaudit rules pages docs/rules` writes it."""
    expected = manual_pages([rule.rule for rule in SHIPPED])
    current = {path.name: path.read_text("utf-8") for path in MANUAL.glob("*.md")}
    stale = sorted(
        name for name in {*expected, *current} if expected.get(name) != current.get(name)
    )

    assert not stale, "stale: run `agentaudit rules pages docs/rules`"


def test_every_row_of_the_catalogue_has_a_rule_or_a_reason() -> None:
    found = rules_of_rows(rule.rule for rule in SHIPPED)
    rows = load_catalogue()

    assert len(rows) == 161
    for row in rows:
        assert bool(row.none) != (row.id in found or bool(row.elsewhere)), row.id
        assert not (row.none and row.partly), row.id


def test_rules_name_only_rows_that_there_are() -> None:
    known = {row.id for row in load_catalogue()}

    assert set(rules_of_rows(rule.rule for rule in SHIPPED)) <= known


def test_what_finds_a_row_elsewhere_is_there() -> None:
    elsewhere = " ".join(row.elsewhere for row in load_catalogue())
    named = set(re.findall(r"threat-model`: (\S+)", elsewhere))

    assert named
    assert named <= {query.id for query in threat_rules().queries}


def test_everything_wrong_with_a_catalogue_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text("rows: {A-001: }\nelsewhere: {B-001: x}\npartly: {}\nwhy: {}\n")

    with pytest.raises(InputError) as told:
        load_catalogue(file)

    assert [(item.line, item.column) for item in told.value.problems] == [
        (1, 1),
        (1, 15),
        (2, 13),
        (4, 1),
    ]
