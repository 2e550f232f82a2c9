"""Incidents that were published, and whether the files of a deployment told of them beforehand."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from agentaudit.extract.deployment import read_deployment
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.model import threat_model

ROOT = Path(__file__).parents[2]
PAGE = runpy.run_path(str(ROOT / "docs" / "incidents.py"))
TOLD = PAGE["INCIDENTS"]["told"]


@pytest.mark.parametrize("incident", TOLD, ids=[each["folder"] for each in TOLD])
def test_each_incident_is_told_at_medium_or_above(incident: dict[str, Any]) -> None:
    assert set(incident["lint"]) <= set(PAGE["severities"](incident["folder"]))


@pytest.mark.parametrize(
    ("folder", "query"),
    [(each["folder"], path) for each in TOLD for path in each.get("threats", ())],
)
def test_the_path_of_an_attack_is_told_where_there_is_one(folder: str, query: str) -> None:
    model = threat_model(read_deployment([PAGE["FOLDER"] / folder]), load_threat_rules())

    assert query in {path.query for path in model.paths}


def test_every_deployment_has_its_incident() -> None:
    folders = {each.name for each in PAGE["FOLDER"].iterdir() if each.is_dir()}

    assert folders == {each["folder"] for each in TOLD}


def test_the_page_says_what_is_found() -> None:
    """Renewed, the page is the same to the byte: `python docs/incidents.py`."""
    assert PAGE["rendered"]() == PAGE["PAGE"].read_text(encoding="utf-8")
