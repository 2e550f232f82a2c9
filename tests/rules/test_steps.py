"""Step rules: what is shipped loads, and what is no rule is an error with its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.model.rule import StepRule
from agentaudit.model.trace import StepKind
from agentaudit.rules.steps import TIMES, load_step_rules
from agentaudit.store.shipped import shipped

GOOD = (
    "- {id: a.b, framework: mine, pattern: {file: 'x.py', function: 'F.*', when: first},"
    " step_kind: tool_call, evidence: source}\n"
)


def problems(folder: Path, text: str) -> str:
    (folder / "rules.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        load_step_rules([folder])
    return str(error.value).replace(str(folder), "")


def test_a_row_becomes_a_rule(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(GOOD)

    assert load_step_rules([tmp_path]) == (
        StepRule(
            id="a.b",
            framework="mine",
            file="x.py",
            function="F.*",
            when="first",
            kind=StepKind.TOOL_CALL,
            confidence=0.8,
        ),
    )


def test_what_is_shipped_covers_fifteen_frameworks_and_every_kind_and_time() -> None:
    rules = load_step_rules([shipped("rules") / "steps"])

    assert len({rule.framework.split(" ")[0] for rule in rules}) > 15
    assert {rule.kind for rule in rules} == set(StepKind) - {StepKind.IDLE, StepKind.UNKNOWN}
    assert {rule.when for rule in rules} == set(TIMES)


def test_folders_are_read_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "rules.yaml").write_text(GOOD)

    rules = load_step_rules([tmp_path / "mine", shipped("rules") / "steps"])

    assert rules[0].id == "a.b"
    assert rules[1:] == load_step_rules([shipped("rules") / "steps"])


def test_all_problems_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    text = (
        "- {id: a, framework: mine, pattern: {file: x.py, function: f}, step_kind: tool,"
        " evidence: source}\n"
        "- {id: b, framwork: mine, pattern: {file: x.py, when: never}, step_kind: idle,"
        " evidence: hearsay}\n"
        "- {id: [], framework: '', pattern: x}\n"
        "- word\n"
    )

    told = problems(tmp_path, text)

    assert "rules.yaml:1:75: `step_kind` must be one of llm_inference, tool_call" in told
    assert "rules.yaml:2:11: `framwork` is not a field of a rule" in told
    assert "rules.yaml:2:3: `framework` is missing" in told
    assert "`function` is missing" in told
    assert "`when` must be one of ordinary, first" in told
    assert "not 'idle'" in told
    assert "`evidence` must be one of observed, source, convention, not 'hearsay'" in told
    assert "rules.yaml:3:4: `pattern`" not in told
    assert "rules.yaml:3:36: a pattern must be a mapping" in told
    assert "rules.yaml:4:3: a rule must be a mapping" in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\n", "rules.yaml:1: must be a list of rules"),
        ("", "rules.yaml:1: must be a list of rules"),
        ("- {id: a", "cannot be read"),
        ("- &a [*a]\n", "aliases have no place"),
        ("- " + "[" * 500, "nested more than 8 deep"),
        ("- " + "[" * 5000, "nest"),  # newer releases of libyaml stop first
        ("#" * 2_000_000, "larger than 1024 KiB"),
        ("[" + "a," * 60_000 + "]", "more than 50000 nodes"),
        (GOOD + GOOD, "rules.yaml:2: `id` 'a.b' stands already in /rules.yaml:1"),
        (GOOD.replace("id: a.b", "id: a.b, id: c"), "`id` stands twice"),
        ("\x00", "cannot be read"),
    ],
)
def test_what_is_no_rule_file_is_an_input_error(tmp_path: Path, text: str, message: str) -> None:
    assert message in problems(tmp_path, text)


def test_a_folder_without_rules_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no step rules"):
        load_step_rules([tmp_path])
    (tmp_path / "mine.yml").write_text("[]")
    with pytest.raises(InputError, match="rename it"):
        load_step_rules([tmp_path])


def test_bytes_that_are_no_text_are_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_bytes(b"- \xff\xfe")

    with pytest.raises(InputError, match="cannot be read"):
        load_step_rules([tmp_path])


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules.yaml").write_text(text, encoding="utf-8")

    try:
        rules = load_step_rules([folder])
    except InputError:
        rules = ()

    assert all(isinstance(rule, StepRule) for rule in rules)
