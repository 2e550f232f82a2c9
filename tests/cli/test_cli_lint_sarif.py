"""SARIF of the risky sample: what code hosts ask of every result and every rule."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.rules.fakes import fake

ROOT = Path(__file__).parents[2]
RISKY = ROOT / "sample_configs" / "risky"
SCHEMA = ROOT / "tests" / "report" / "data" / "sarif-2.1.0.json"
Json = dict[str, Any]


def lint(*arguments: str) -> Json:
    done = CliRunner().invoke(app, ["lint", str(RISKY), *arguments])
    read: Json = json.loads(done.stdout)
    return read


@pytest.fixture(scope="module")
def findings() -> list[Json]:
    found: list[Json] = lint("--format", "json")["findings"]
    return found


@pytest.fixture(scope="module")
def document(findings: list[Json], tmp_path_factory: pytest.TempPathFactory) -> Json:
    """The sample with its first finding accepted."""
    first, accepted = findings[0], tmp_path_factory.mktemp("sarif") / "accept.yaml"
    accepted.write_text(
        f"- rule: {first['rule']}\n  fingerprint: {first['fingerprint']}\n  reason: known\n"
    )
    return lint("--format", "sarif", "--accept", str(accepted))


def test_it_is_valid(document: Json) -> None:
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))

    assert next(validator.iter_errors(document), None) is None


def test_every_rule_explains_itself(document: Json) -> None:
    rules = document["runs"][0]["tool"]["driver"]["rules"]

    assert rules
    for rule in rules:
        assert rule["help"]["text"], rule["id"]
        assert rule["help"]["markdown"], rule["id"]
        assert rule["helpUri"].startswith("https://"), rule["id"]
        assert 0 <= float(rule["properties"]["security-severity"]) <= 10, rule["id"]


def test_every_result_names_its_rule_and_itself(document: Json) -> None:
    run = document["runs"][0]
    prints = [item["partialFingerprints"]["agentauditFinding/v1"] for item in run["results"]]

    assert prints
    assert len(set(prints)) == len(prints)
    for item in run["results"]:
        assert run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"]
        assert item["partialFingerprints"]["primaryLocationLineHash"]


def test_every_place_is_relative_there_and_has_columns(document: Json) -> None:
    for item in document["runs"][0]["results"]:
        assert len(item["locations"]) == 1
        for place in [*item["locations"], *item.get("relatedLocations", ())]:
            file, region = (
                place["physicalLocation"][name] for name in ("artifactLocation", "region")
            )
            assert file["uriBaseId"] == "%SRCROOT%"
            assert not file["uri"].startswith(("/", "file:", "..")), file["uri"]
            assert RISKY.joinpath(file["uri"].removeprefix("sample_configs/risky/")).is_file()
            start = (region["startLine"], region["startColumn"])
            assert (1, 1) <= start < (region["endLine"], region["endColumn"]), (file, region)


def test_further_places_are_related(document: Json, findings: list[Json]) -> None:
    expected = {item["fingerprint"]: len(item["related"]) for item in findings}
    related = {
        item["partialFingerprints"]["agentauditFinding/v1"]: len(item.get("relatedLocations", ()))
        for item in document["runs"][0]["results"]
    }

    assert any(related.values())
    assert related == expected


def test_what_was_accepted_is_suppressed_and_nothing_else(
    document: Json, findings: list[Json]
) -> None:
    hidden = {
        item["partialFingerprints"]["agentauditFinding/v1"]: item["suppressions"]
        for item in document["runs"][0]["results"]
        if "suppressions" in item
    }

    assert list(hidden) == [findings[0]["fingerprint"]]
    (suppression,) = hidden[findings[0]["fingerprint"]]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"] == "known"


@pytest.mark.parametrize(
    "given",
    [
        (".", ".", ".env"),
        (".", "deploy", "deploy/.env"),
        ("deploy", ".", "deploy/.env"),
        ("deploy", "../other", "other/.env"),
        ("deploy/inner", "..", "deploy/.env"),
    ],
)
def test_files_are_named_from_the_root_of_the_repository(
    given: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code hosts look for them there, wherever the command ran."""
    where, path, named = given
    (tmp_path / ".git").mkdir()
    (tmp_path / "deploy" / "inner").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / named).write_text(f"OPENAI_API_KEY={fake('openai_key')}\n")
    monkeypatch.chdir(tmp_path / where)

    def run(form: str) -> str:
        return CliRunner().invoke(app, ["lint", path, "--format", form]).stdout

    results = json.loads(run("sarif"))["runs"][0]["results"]
    places = [item["locations"][0]["physicalLocation"]["artifactLocation"] for item in results]

    assert {place["uri"] for place in places} == {named}
    assert {item["location"]["path"] for item in json.loads(run("gitlab"))} == {named}
    assert f"file={named}," in run("github")


def test_outside_of_a_repository_files_are_named_from_where_the_command_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/.env").write_text(f"OPENAI_API_KEY={fake('openai_key')}\n")
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["lint", "deploy", "--format", "gitlab"]).stdout

    assert {item["location"]["path"] for item in json.loads(found)} == {"deploy/.env"}
