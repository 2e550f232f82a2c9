"""How commands end: files that cannot be written, and severities that fail."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.cli.outcome import Threshold, reached, write_text
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
