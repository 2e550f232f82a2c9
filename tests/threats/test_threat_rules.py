"""Threat rules are read strictly: what is wrong with one ends the run, with its place."""

import shutil
from pathlib import Path

import pytest

from agentaudit.errors import InputError
from agentaudit.model.threat import Entry, Impact
from agentaudit.rules.threats import load_threat_rules
from agentaudit.store.shipped import shipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped rules, to spoil."""
    return Path(shutil.copytree(shipped("rules") / "threats", tmp_path / "threats"))


def spoil(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def problems(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_threat_rules(folder)
    return str(caught.value)


def test_the_shipped_rules_are_sound() -> None:
    """At least the ten queries that were promised, each with reasons, controls and references."""
    rules = load_threat_rules()

    assert len(rules.queries) >= 10
    assert all(query.why and query.broken_by and query.references for query in rules.queries)
    assert set(rules.severity) == set(Impact)


def test_severity_grows_with_impact_and_with_distrust() -> None:
    """A graver end, or a less trusted start, is never less severe."""
    table = load_threat_rules().severity
    ranks = [[table[impact][entry].rank for entry in Entry] for impact in Impact]

    assert all(row == sorted(row) for row in ranks)
    assert all(list(column) == sorted(column) for column in zip(*ranks, strict=True))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("per: agent", "per: nobody", "`per` names 'nobody'"),
        ("id: lethal-trifecta", "id: another", "`id` must be the name of the file"),
        ("along: [invokes]", "along: [teleports]", "'teleports' is no kind of edge"),
        ("{outward_tool}", "{inward_tool}", "`sentence` names 'inward_tool'"),
        ("atlas:AML.T0086", "atlas:AML.T9999", "does not stand in the taxonomies"),
        ("impact: secret-read", "impact: awful", "`impact` must be one of"),
        ("stages: [agent, private_tool]", "stages: [tool, private_tool]", "starts at the last"),
        ("stages: [source, agent]", "stages: [agent]", "each leg goes from one stage to another"),
        ("title:", "titel:", "`titel` is not a field here"),
    ],
)
def test_a_spoilt_query_is_refused(folder: Path, before: str, after: str, message: str) -> None:
    """With the file, the line and what is wrong."""
    file = folder / "queries" / "lethal-trifecta.yaml"
    spoil(file, before, after)
    found = problems(folder)

    assert message in found
    assert f"{file}:" in found


def test_a_missing_table_is_named(folder: Path) -> None:
    """No severity table, no verdict."""
    (folder / "severity.yaml").unlink()

    assert "severity.yaml is missing" in problems(folder)


def test_a_missing_row_is_named(folder: Path) -> None:
    """Every impact has its row."""
    spoil(folder / "severity.yaml", "admin:", "admins:")
    found = problems(folder)

    assert "`admins` is not a field here" in found
    assert "`admin` is missing" in found
