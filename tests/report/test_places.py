"""Places can be opened from where the command ran."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.deployment import FileCoverage, FileStatus, Unresolved
from agentaudit.model.evidence import Evidence
from agentaudit.report.places import from_here


def _unresolved(file: str) -> Unresolved:
    place = Evidence(file=file, line=1, column=2, end_line=1, end_column=3)
    return Unresolved(evidence=place, what="a variable", effect="open")


@pytest.mark.parametrize(
    ("root", "seen"),
    [
        ("deploy", "deploy/.env"),
        ("deploy/", "deploy/.env"),
        ("./a/b", "a/b/.env"),
        (".", ".env"),
        ("/srv/deploy", ".env"),
        ("../other", ".env"),
    ],
)
def test_a_place_is_named_from_the_working_directory(root: str, seen: str) -> None:
    assert from_here(_unresolved(".env"), root).evidence.file == seen


def test_what_stands_in_tuples_moves_too() -> None:
    values = (FileCoverage(file="a.tf", status=FileStatus.READ), _unresolved("b.tf"), "c.tf", 3)
    moved = from_here(values, "deploy")

    assert isinstance(moved[0], FileCoverage)
    assert isinstance(moved[1], Unresolved)
    assert (moved[0].file, moved[1].evidence.file) == ("deploy/a.tf", "deploy/b.tf")
    assert moved[2:] == ("c.tf", 3)


@given(st.text(min_size=1), st.integers())
def test_only_the_name_of_the_file_changes(what: str, line: int) -> None:
    value = Unresolved(
        evidence=Evidence(file="x", line=line, column=1, end_line=line, end_column=1),
        what=what,
        effect="x",
    )
    moved = from_here(value, "deploy")

    assert (moved.what, moved.effect, moved.evidence.line) == (what, "x", line)
