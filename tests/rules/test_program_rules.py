"""Rules of programs: what is shipped loads, and what is no rule is an error with its place."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.model.rule import ProgramRule
from agentaudit.rules.programs import ROLES, load_program_rules
from agentaudit.store.shipped import shipped


def written(folder: Path, text: str) -> Path:
    file = folder / "programs.yaml"
    file.write_text(text)
    return file


def test_a_row_becomes_a_rule(tmp_path: Path) -> None:
    file = written(tmp_path, "- {package: uvicorn, role: runner}\n")

    assert load_program_rules(file) == (ProgramRule(package="uvicorn", role="runner"),)


def test_what_is_shipped_has_every_role() -> None:
    rules = load_program_rules(shipped("rules") / "programs.yaml")

    assert {rule.role for rule in rules} == set(ROLES)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("- {package: jupyter-core, role: runner}", ":1:13: `package` must be a name that is"),
        ("- {package: ray, role: server}", ":1:24: `role` must be one of runner, command_line"),
        ("- {package: ray, roll: runner}", ":1:18: `roll` is not a field of a rule"),
        ("- {package: [ray], role: runner}", ":1:13: `package` must be a text"),
        ("- {role: runner}", ":1:3: `package` is missing"),
        ("- uvicorn", ":1:3: a rule must be a mapping"),
        ("runners: [uvicorn]", ":1: must be a list of rules"),
        ("- {package: ray, role: runner}\n" * 2, ":2: `package` 'ray' stands already"),
    ],
)
def test_what_is_no_rule_is_an_input_error(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        load_program_rules(written(tmp_path, row))

    assert f"programs.yaml{message}" in str(error.value)


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_program_rules(tmp_path / "programs.yaml")


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("rules") / "programs.yaml"
    file.write_text(text, errors="surrogatepass")

    with suppress(InputError):
        load_program_rules(file)
