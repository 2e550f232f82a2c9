"""Markers as an agent sees them: nothing is in its way, whoever listens or not."""

import ast
import asyncio
import contextvars
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import agentaudit
from agentaudit import markers
from agentaudit.markers import step
from agentaudit.model.trace import StepKind

FILE = Path(markers.__file__)


class Recorder:
    """Takes what is told, as a recorder does."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0agentaudit-test-{id(self)}")
        self._socket.setblocking(False)
        self.name = f"@agentaudit-test-{id(self)}"

    def lines(self) -> list[list[str]]:
        found: list[list[str]] = []
        while True:
            try:
                datagram = self._socket.recv(100_000)
            except BlockingIOError:
                return found
            found += [line.split("\t") for line in datagram.decode().split("\n")]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    made = Recorder()
    monkeypatch.setenv(markers.ENVIRONMENT, made.name)
    monkeypatch.setattr(markers, "_line", None)
    yield made
    made.close()


def told(recorder: Recorder) -> list[tuple[str, str, str]]:
    """What was said: B or E, the kind, the name."""
    return [(line[1], line[7], line[-1]) for line in recorder.lines()]


def test_the_package_gives_it_away_lazily() -> None:
    assert agentaudit.step is step
    with pytest.raises(AttributeError, match="no attribute 'stop'"):
        _ = agentaudit.stop


def test_it_needs_nothing_of_the_package() -> None:
    script = (
        "import sys; before = set(sys.modules)\n"
        "import agentaudit.markers; print(*set(sys.modules) - before)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)

    ours = {name for name in run.stdout.split() if name.startswith("agentaudit")}
    assert ours == {"agentaudit", "agentaudit.markers"}
    assert not {"asyncio", "socket", "inspect", "typing"} & set(run.stdout.split())


def test_the_kinds_are_those_of_the_model() -> None:
    assert set(markers.KINDS) == {*StepKind} - {StepKind.IDLE, StepKind.UNKNOWN}


def test_a_kind_that_does_not_exist_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="'tool' is no kind of step; known: llm_inference"):
        step("tool", "search")


def test_a_step_tells_of_its_beginning_and_its_end(recorder: Recorder) -> None:
    with step("tool_call", "search"):
        pass

    begun, ended = recorder.lines()
    assert begun[:2] == ["1", "B"]
    assert ended[:2] == ["1", "E"]
    assert begun[2:9] == ended[2:9]
    assert int(ended[9]) >= int(begun[8])
    assert int(begun[4]) == threading.get_native_id()


def test_an_error_of_the_agent_goes_through_and_the_step_ends(recorder: Recorder) -> None:
    with pytest.raises(KeyError), step(StepKind.TOOL_CALL, "fails"):
        raise KeyError

    assert told(recorder) == [("B", "tool_call", "fails"), ("E", "tool_call", "fails")]


def test_a_name_is_one_short_line(recorder: Recorder) -> None:
    class Nameless:
        def __str__(self) -> str:
            raise RuntimeError

    for name in ("a\tb\nc", "x" * 500, "\ud800", Nameless()):
        with step("tool_call", name):  # type: ignore[arg-type]
            pass

    names = [name for what, _, name in told(recorder) if what == "E"]
    assert names == ["a b c", "x" * 200, "?", "tool_call"]


def test_functions_of_all_sorts_stay_what_they_are(recorder: Recorder) -> None:
    @step("tool_call")
    def plain(number: int) -> int:
        """Says so."""
        return number + 1

    @step("retrieval", "named")
    async def later(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    @step("memory_read")
    def several(number: int) -> Iterator[int]:
        yield from range(number)

    @step("memory_write")
    async def several_later(number: int) -> AsyncIterator[int]:
        for value in range(number):
            yield value

    async def run() -> tuple[int, list[int]]:
        return await later(1), [value async for value in several_later(2)]

    assert (plain.__name__, plain.__doc__, plain(1)) == ("plain", "Says so.", 2)
    assert asyncio.iscoroutinefunction(later)
    assert asyncio.run(run()) == (2, [0, 1])
    assert list(several(2)) == [0, 1]
    ended = [(kind, name) for what, kind, name in told(recorder) if what == "E"]
    assert ended == [
        ("tool_call", "plain"),
        ("retrieval", "named"),
        ("memory_write", "several_later"),
        ("memory_read", "several"),
    ]


def test_what_is_no_function_can_be_wrapped_too(recorder: Recorder) -> None:
    assert step("tool_call", "length")(len)("abc") == 3
    assert pickle.loads(pickle.dumps(len)) is len  # noqa: S301 -- our own bytes
    assert len(told(recorder)) == 2


def test_one_step_may_be_used_again_and_within_itself(recorder: Recorder) -> None:
    again = step("tool_call", "again")

    with again, again:
        pass
    with again:
        pass

    lines = recorder.lines()
    parents = {line[2]: line[3] for line in lines if line[1] == "E"}
    first, second, third = (line[2] for line in lines if line[1] == "B")
    assert parents == {first: "0", second: first, third: "0"}


def test_steps_that_end_in_another_context_end_all_the_same(recorder: Recorder) -> None:
    marked = step("tool_call", "elsewhere")
    contextvars.copy_context().run(marked.__enter__)

    marked.__exit__()
    marked.__exit__()

    assert [what for what, _, _ in told(recorder)] == ["B", "E"]


def test_tasks_know_what_is_around_them_and_who_they_are(recorder: Recorder) -> None:
    async def run() -> None:
        async with step("orchestration", "all"):
            await asyncio.gather(asked("a"), asked("b"))

    async def asked(name: str) -> None:
        with step("llm_inference", name):
            await asyncio.sleep(0)

    asyncio.run(run())

    lines = {line[-1]: line for line in recorder.lines() if line[1] == "E"}
    assert lines["a"][3] == lines["b"][3] == lines["all"][2]
    assert len({lines["a"][5], lines["b"][5], lines["all"][5], "0"}) == 4


def test_a_loop_of_another_kind_has_no_tasks(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asyncio_like in (SimpleNamespace(), None):
        monkeypatch.setitem(sys.modules, "asyncio", asyncio_like)
        with step("tool_call", "x"):
            pass

    assert {line[5] for line in recorder.lines()} == {"0"}


def test_nothing_is_tried_for_a_while_when_nobody_listens(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(markers.ENVIRONMENT, "/nowhere/at/all")
    with step("tool_call", "unheard"):
        pass
    line = markers._line
    assert line is not None
    deaf_until_ns = line.deaf_until_ns
    with step("tool_call", "not tried"):
        pass

    assert deaf_until_ns > 0
    assert line.deaf_until_ns == deaf_until_ns
    assert not recorder.lines()


def test_a_recorder_that_comes_later_hears_what_ends_then(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markers, "_DEAF_NS", 0)
    monkeypatch.setenv(markers.ENVIRONMENT, "/nowhere/at/all")
    with step("tool_call", "long"):
        monkeypatch.setenv(markers.ENVIRONMENT, recorder.name)
        monkeypatch.setattr(markers, "_line", None)

    assert told(recorder) == [("E", "tool_call", "long")]


def test_a_recorder_that_is_busy_gets_all_of_it_in_order_later(recorder: Recorder) -> None:
    for number in range(300):
        with step("tool_call", str(number)):
            pass
    line = markers._line
    assert line is not None
    found = told(recorder)
    while not line._flushed() or line._waiting:
        found += told(recorder)
    found += told(recorder)

    assert [name for what, _, name in found if what == "E"] == [str(n) for n in range(300)]


def test_a_recorder_that_goes_while_messages_wait_is_forgotten(recorder: Recorder) -> None:
    for number in range(300):
        with step("tool_call", str(number)):
            pass
    line = markers._line
    assert line is not None

    recorder.close()
    while line._waiting:
        line._retry()

    assert line.address == ""


def test_a_path_names_a_socket_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "markers"))
        monkeypatch.setenv(markers.ENVIRONMENT, str(tmp_path / "markers"))
        monkeypatch.setattr(markers, "_line", None)
        with step("tool_call", "by a path"):
            pass

        assert listening.recv(1_000).endswith(b"by a path")


def test_no_trouble_reaches_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_inherited: str = "") -> None:
        raise MemoryError

    monkeypatch.setattr(markers, "_line", None)
    monkeypatch.setattr(markers, "_Line", broken)

    with step("tool_call", "goes on"):
        done = True

    assert done


def test_the_file_is_one_that_python_3_8_reads() -> None:
    source = FILE.read_text()

    assert ast.parse(source, feature_version=(3, 8)).body
