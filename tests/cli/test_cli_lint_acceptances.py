"""Acceptances that are of one secret alone, and those that soon are over."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentaudit.errors import InputError
from agentaudit.linting.gathering import whole_fingerprint
from agentaudit.rules.fakes import fake
from tests.cli.canaries import leaked
from tests.cli.test_cli_lint import run
from tests.cli.test_cli_lint_comparisons import OTHER_KEY, TEAM_KEY, servers

RULE = "literal-model-api-key"
ONLY = ("--select", RULE)
KEY = "AGENTAUDIT_BASELINE_KEY"
OWN = "agentaudit-accept.yaml"


class Repository:
    """A folder with one key in it, and a file of acceptances beside the folder."""

    def __init__(self, path: Path) -> None:
        self.folder, self.accepted = path / "in", path / "accept.yaml"
        self.folder.mkdir()
        self.holds(fake("openai_key"))

    def holds(self, key: str) -> None:
        (self.folder / ".mcp.json").write_text(servers(OPENAI_API_KEY=key))

    def finding(self) -> dict[str, str]:
        """The one finding, as JSON has it."""
        found: dict[str, str] = json.loads(run(str(self.folder), *ONLY, "--format", "json")[1])[
            "findings"
        ][0]
        return found

    def accepts(self, *entries: dict[str, str]) -> None:
        known = {"rule": RULE, "fingerprint": self.finding()["fingerprint"], "reason": "a demo"}
        self.accepted.write_text(json.dumps([known | entry for entry in entries]))

    def linted(self) -> tuple[int, str, str]:
        code, out, said = run(str(self.folder), *ONLY, "--accept", str(self.accepted))
        return code, " ".join(out.split()), said


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def bound(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Of which the one secret is accepted."""
    monkeypatch.setenv(KEY, TEAM_KEY)
    repository.accepts({"value": repository.finding()["value"]})
    return repository


def test_an_acceptance_of_one_secret_accepts_no_other(bound: Repository) -> None:
    code, out, said = bound.linted()
    bound.holds(OTHER_KEY)
    code_then, out_then, _ = bound.linted()

    assert (code, code_then) == (0, 1)
    assert "1 suppressed" in out
    assert "it is of another secret than the one that is there" in out_then
    assert "whatever secret" not in said
    assert leaked(json.dumps(bound.finding())) == []


def test_none_is_for_all_that_a_rule_finds_unless_that_is_asked_once(
    repository: Repository,
) -> None:
    """Else a fingerprint like any other would switch off the rule."""
    repository.accepts({"fingerprint": whole_fingerprint(RULE)})
    code, out, _ = repository.linted()

    assert code == 1
    assert "accepts nothing: no finding has its fingerprint" in out


def test_each_of_two_secrets_can_be_accepted_in_one_place(bound: Repository) -> None:
    first = bound.finding()["value"]
    bound.holds(OTHER_KEY)
    bound.accepts({"value": first}, {"value": bound.finding()["value"]})

    assert bound.linted()[0] == 0


def test_without_the_key_nobody_knows_whether_it_is_the_secret(
    bound: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY)
    code, out, _ = bound.linted()

    assert code == 1
    assert "without the key of its `value` nobody knows" in out
    assert bound.finding()["value"] == ""


@pytest.mark.parametrize("key", [TEAM_KEY, ""])
def test_one_that_is_of_any_secret_is_told(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(KEY, key)
    repository.accepts({})
    code, _, said = repository.linted()

    assert code == 0
    assert f"accepted for any secret in its place: {RULE} in .mcp.json; with {KEY} set" in said


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, "ends today"), (1, "ends in 1 day\n"), (14, "ends in 14 days"), (15, "")],
)
def test_one_that_soon_is_over_is_told_and_fails_nothing(
    repository: Repository, days: int, told: str
) -> None:
    expires = (datetime.now(tz=UTC).date() + timedelta(days=days)).isoformat()
    repository.accepts({"expires": expires, "owner": "ops"})
    code, _, said = repository.linted()

    assert code == 0
    assert (f"../accept.yaml:1: the acceptance of {RULE} by ops ends" in said) is bool(told)
    assert told in said


@pytest.mark.parametrize(
    ("severity", "code", "told"),
    [
        ("critical", 0, "1 suppressed"),
        ("low", 1, "now, and was accepted as low"),
    ],
)
def test_one_holds_for_a_finding_as_grave_as_it_was(
    repository: Repository, severity: str, code: int, told: str
) -> None:
    repository.accepts({"severity": severity})
    ended, out, _ = repository.linted()

    assert ended == code
    assert told in out


@pytest.fixture
def accepting(repository: Repository) -> Repository:
    """Which holds the file of acceptances itself, under the name that lint looks for."""
    repository.accepts({})
    (repository.folder / OWN).write_text(repository.accepted.read_text())
    return repository


def test_the_repositorys_own_acceptances_count_and_are_told(accepting: Repository) -> None:
    code, out, said = run(str(accepting.folder), *ONLY)

    assert code == 0
    assert f"configured by {os.path.relpath(accepting.folder / OWN)}" in said
    assert f"{OWN}: accept {OWN}" in " ".join(out.split())


def test_the_repositorys_own_acceptances_count_in_folders_below(accepting: Repository) -> None:
    (accepting.folder / ".git").mkdir()
    below = accepting.folder / "deploy"
    below.mkdir()
    (accepting.folder / ".mcp.json").rename(below / ".mcp.json")

    assert run(str(below), *ONLY)[0] == 0


def test_without_configuration_nothing_is_accepted(accepting: Repository) -> None:
    code, out, _ = run(str(accepting.folder), *ONLY, "--no-config")

    assert (code, "accept" in out) == (1, False)


def test_acceptances_that_are_named_count_instead_of_those_found(accepting: Repository) -> None:
    (accepting.folder / "none.yaml").write_text("[]")
    named = run(str(accepting.folder), *ONLY, "--accept", str(accepting.folder / "none.yaml"))
    (accepting.folder / "agentaudit.yaml").write_text("lint: {accept: none.yaml}")

    assert (named[0], run(str(accepting.folder), *ONLY)[0]) == (1, 1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (OWN, "[{rule: no-budget}]", "`fingerprint`"),
        ("agentaudit-accept.yml", "[]", rf"its name must be {OWN}"),
    ],
)
def test_own_acceptances_that_cannot_be_read_are_an_error(
    repository: Repository, name: str, text: str, said: str
) -> None:
    (repository.folder / name).write_text(text)

    with pytest.raises(InputError, match=said):
        run(str(repository.folder), *ONLY)


def test_what_is_wrong_with_own_acceptances_is_told_from_where_one_stands(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.folder / OWN).write_text("[{rule: no-budget}]")
    monkeypatch.chdir(repository.folder)

    with pytest.raises(InputError, match=rf"^{OWN}:1:2: "):
        run(".", *ONLY)
