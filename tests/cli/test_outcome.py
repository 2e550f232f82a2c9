"""How commands end: files that cannot be written, and severities that fail."""

from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.cli.outcome import Threshold, formats_of, reached, write_text
from agentaudit.errors import ExitCode, UsageError
from agentaudit.model.finding import Severity


@given(st.lists(st.sampled_from(Severity)), st.sampled_from(Severity))
def test_a_threshold_is_reached_from_its_own_severity_on(
    severities: list[Severity], least: Severity
) -> None:
    expected = any(severity.rank >= least.rank for severity in severities)

    assert reached(Threshold(least.value), severities) is expected
    assert not reached(Threshold.NEVER, severities)


def test_folders_are_made_and_the_text_is_there(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "a.md", "…")

    assert (tmp_path / "deep" / "a.md").read_text(encoding="utf-8") == "…"


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """Not an internal error: the user named the place."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"file/a\.md: cannot be written") as raised:
        write_text(tmp_path / "file" / "a.md", "")

    assert raised.value.code is ExitCode.USAGE


class Kind(StrEnum):
    """Formats of a test, of which no file is ever in the last."""

    JSON = "json"
    GITLAB = "gitlab"
    TEXT = "text"
    COLOURS = "colours"


KINDS = {".json": (Kind.JSON, Kind.GITLAB), ".a.json": (Kind.JSON,), ".txt": (Kind.TEXT,)}
NAMES = ("x.json", "x.a.json", "x.txt", "x.bin", "x")


@given(st.lists(st.sampled_from(NAMES), unique=True), st.none() | st.sampled_from(Kind))
def test_a_format_is_of_every_file_that_may_be_in_it(names: list[str], asked: Kind | None) -> None:
    paths = [Path(name) for name in names]
    try:
        chosen = formats_of(paths, asked, KINDS)
    except UsageError:
        nowhere = all(asked not in _allowed(path) for path in paths)
        assert nowhere if asked is not None else {"x.bin", "x"} & set(names)
        return

    assert list(chosen) == paths
    assert asked is None or asked in chosen.values()
    for path, kind in chosen.items():
        assert kind in _allowed(path)
        assert kind is asked or asked not in _allowed(path)


def _allowed(path: Path) -> tuple[Kind, ...]:
    return KINDS.get("".join(path.suffixes)) or tuple(Kind)


def test_what_is_shown_may_be_in_the_format_that_no_file_is_in() -> None:
    chosen = formats_of([Path("x.json")], Kind.COLOURS, KINDS, shown=True)

    assert chosen == {Path("x.json"): Kind.JSON}
    with pytest.raises(UsageError, match="colours: no --output is for it; give - for standard"):
        formats_of([Path("x.json")], Kind.COLOURS, KINDS)
