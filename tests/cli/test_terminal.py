"""Progress is for people who look: on a terminal, and gone when it is done."""

from io import StringIO

import pytest
from rich.console import Console

from agentaudit.cli.terminal import Terminal


def told(*, terminal: bool, quiet: bool = False) -> str:
    """What stands on standard error after a stretch of work."""
    err = Console(file=StringIO(), force_terminal=terminal, width=60)
    with Terminal(out=err, err=err, quiet=quiet).progress("reading", total=2) as shown:
        shown(1)
        shown(2, "reading the second")
    assert isinstance(err.file, StringIO)
    return err.file.getvalue()


def test_progress_says_what_is_done() -> None:
    assert "reading the second" in told(terminal=True)
    assert "2/2" in told(terminal=True)


@pytest.mark.parametrize(("terminal", "quiet"), [(False, False), (True, True)])
def test_nobody_is_shown_progress_who_does_not_look(*, terminal: bool, quiet: bool) -> None:
    assert told(terminal=terminal, quiet=quiet) == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_a_note_is_no_order_to_a_runner_of_ci(
    capsys: pytest.CaptureFixture[str], *, terminal: bool
) -> None:
    file = StringIO()
    err = Console(file=file, width=60) if terminal else None
    Terminal(err=err).note("::error file=a::b.yaml: ##vso[task.complete] is there")
    said = file.getvalue() if terminal else capsys.readouterr().err

    assert said == "| ::error file=a::b.yaml: # #vso[task.complete] is there\n"
