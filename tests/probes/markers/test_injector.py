"""The injector's visits, to a process that comes around at once, late, or never: our own."""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentaudit.probes.markers import injector
from agentaudit.probes.markers.injector import Injector, Visit, main

SOURCE = """
import json
def told(path, work):
    with open(path, "r+") as file: file.write(json.dumps(work()))
def wrap(rules, markers): return {"count": len(rules)}
def unwrap(): return {"count": 7}
def fails(): return {"problem": "it broke"}
"""
US = os.getpid()
Execute = Callable[[int, str], None]


def at_once(pid: int, script: str) -> None:
    assert pid == US
    exec(Path(script).read_text(), {})  # noqa: S102 -- as the target would


def never(pid: int, script: str) -> None:
    assert pid == US
    assert Path(script).exists()


def forbidden(pid: int, script: str) -> None:
    del pid, script
    raise RuntimeError("Remote debugging is not enabled in the remote process.")


@pytest.fixture
def comes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Execute], None]:
    """How the process takes what it is asked to run."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(injector, "_LEAVING_S", 0.05)
    monkeypatch.setattr(injector, "_STARTING_S", 0.05)
    monkeypatch.setattr(injector, "_AGAIN_S", (0.0,))
    return lambda execute: monkeypatch.setattr(sys, "remote_exec", execute, raising=False)


@pytest.fixture
def handlers() -> Iterator[None]:
    """What signals did before is what they do afterwards."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def lines(capfd: pytest.CaptureFixture[str]) -> list[list[object]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_a_visit_leaves_no_file_behind(comes: Callable[[Execute], None], tmp_path: Path) -> None:
    comes(at_once)

    answer = Visit(US, SOURCE, "wrap", [1, 2], "").answer()

    assert answer == {"count": 2}
    assert list(tmp_path.iterdir()) == []


def test_a_visit_that_is_not_let_in_leaves_none_either(
    comes: Callable[[Execute], None], tmp_path: Path
) -> None:
    comes(forbidden)

    with pytest.raises(RuntimeError, match="not enabled"):
        Visit(US, SOURCE, "wrap", [], "")
    assert list(tmp_path.iterdir()) == []


def test_more_functions_are_told_and_equal_numbers_are_not(
    comes: Callable[[Execute], None], capfd: pytest.CaptureFixture[str]
) -> None:
    comes(at_once)
    made = Injector(US, SOURCE, [1, 2, 3], "")

    made.begin()
    for _ in range(6):
        made.look()
    made.end()

    assert lines(capfd) == [["wrapped", 3], ["unwrapped", 7]]


def test_what_goes_wrong_in_the_process_is_told(
    comes: Callable[[Execute], None], capfd: pytest.CaptureFixture[str]
) -> None:
    comes(at_once)
    made = Injector(US, SOURCE.replace('{"count": len(rules)}', "fails()"), [], "")

    made.begin()
    made.look()

    assert lines(capfd) == [["problem", "it broke"]]


def test_a_process_that_never_comes_around_is_left(
    comes: Callable[[Execute], None], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    comes(never)
    made = Injector(US, SOURCE, [], "")

    made.begin()
    made.look()
    made.end()

    scripts = [path.read_text() for path in tmp_path.iterdir()]
    assert lines(capfd) == [["left"]]
    assert all("os.unlink" in script for script in scripts)
    assert len(scripts) == 2


def test_a_process_that_is_not_ready_is_tried_again(comes: Callable[[Execute], None]) -> None:
    def broken(pid: int, script: str) -> None:
        del pid, script
        raise OSError("no such section")

    comes(broken)

    with pytest.raises(OSError, match="no such section"):
        Injector(US, SOURCE, [], "").begin()


@pytest.mark.usefixtures("handlers")
def test_it_goes_on_until_it_is_asked_to_end(
    comes: Callable[[Execute], None], capfd: pytest.CaptureFixture[str]
) -> None:
    visits: list[str] = []

    def second_is_the_last(pid: int, script: str) -> None:
        visits.append(script)
        at_once(pid, script)
        if len(visits) == 2:
            signal.raise_signal(signal.SIGTERM)

    comes(second_is_the_last)
    main(US, {"rules": [1], "source": SOURCE, "markers": ""})

    assert lines(capfd) == [["asked"], ["wrapped", 1], ["unwrapped", 7]]


@pytest.mark.usefixtures("handlers")
def test_where_it_is_forbidden_that_is_told(
    comes: Callable[[Execute], None], capfd: pytest.CaptureFixture[str]
) -> None:
    comes(forbidden)

    main(US, {"rules": [1], "source": SOURCE, "markers": ""})

    ((what, why),) = lines(capfd)
    assert what == "problem"
    assert "not enabled" in str(why)
