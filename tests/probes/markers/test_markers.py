"""Markers from real processes of several versions, and from those who are not asked."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.observed import Marked
from agentaudit.model.recording import Record
from agentaudit.model.trace import Incident, StepKind
from agentaudit.probes.markers import ear as marker_ear
from agentaudit.probes.markers import heard as markers
from agentaudit.probes.markers import sockets as marker_sockets
from agentaudit.probes.markers.heard import Markers
from agentaudit.probes.markers.lines import marks_of
from agentaudit.probes.markers.sockets import threads_of

ROOT = Path(__file__).parents[3]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
OLD = sorted(PYENV.glob("3.8.*/bin/python"))
PYTHONS = [sys.executable, *map(str, OLD)]
PREPARED = """
import asyncio, importlib.util, os, sys, threading
spec = importlib.util.spec_from_file_location("markers", sys.argv[1])
markers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(markers)
step = markers.step
sys.stdin.readline()
"""
"""The file alone, as it would be copied; begins when told to."""

WORK = """
with step("orchestration", "outer"):
    with step("tool_call", "inner"):
        pass
    def works():
        with step("retrieval", "of a thread"):
            pass
    thread = threading.Thread(target=works)
    thread.start()
    thread.join()
    async def asks(number):
        async with step("llm_inference", "call %d" % number):
            await asyncio.sleep(0)
    async def both():
        await asyncio.gather(asks(1), asks(2))
    asyncio.run(both())
print("done", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def heard() -> Iterator[Markers]:
    made = Markers()
    yield made
    made.close(0)


class Agent:
    """A process that marks its steps when it is told to begin."""

    def __init__(self, work: str, python: str = sys.executable, **environment: str) -> None:
        script = ROOT / "agentaudit" / "markers.py"
        self.program = subprocess.Popen(
            [python, "-c", PREPARED + work, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    @property
    def pid(self) -> int:
        return self.program.pid

    def go_on(self) -> None:
        assert self.program.stdin
        self.program.stdin.write("\n")
        self.program.stdin.flush()

    def done(self) -> None:
        assert self.program.stdout
        assert self.program.stdout.readline() == "done\n"

    def end(self) -> None:
        self.program.communicate()


def until(
    heard: Markers, pids: Sequence[int], enough: Callable[[Sequence[Marked]], bool]
) -> list[Marked]:
    """What was heard until it is enough."""
    found: list[Marked] = []
    end_s = time.monotonic() + 30
    while not enough(found):
        assert time.monotonic() < end_s
        found += marked(heard.look(time.monotonic_ns(), pids))
        time.sleep(0.005)
    return found


def marked(records: Sequence[Record]) -> list[Marked]:
    return [record for record in records if isinstance(record, Marked)]


def named(found: Sequence[Marked]) -> Mapping[str, Marked]:
    return {item.name: item for item in found}


def worked(heard: Markers, agent: Agent) -> Mapping[str, Marked]:
    heard.look(0, [agent.pid])
    agent.go_on()
    agent.done()
    found = named(until(heard, [agent.pid], lambda found: "outer" in named(found)))
    agent.end()
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("launched", [True, False])
def test_steps_of_threads_and_tasks_are_heard(
    heard: Markers,
    python: str,
    launched: bool,  # noqa: FBT001 -- a case
) -> None:
    agent = Agent(WORK, python, **(heard.environment if launched else {}))

    steps = worked(heard, agent)

    outer, inner, thread = (steps[name] for name in ("outer", "inner", "of a thread"))
    assert set(steps) == {"outer", "inner", "of a thread", "call 1", "call 2"}
    assert {step.pid for step in steps.values()} == {agent.pid}
    assert (inner.kind, inner.parent) == (StepKind.TOOL_CALL, outer.marker)
    assert (outer.parent, thread.parent) == (0, 0)
    assert steps["call 1"].parent == steps["call 2"].parent == outer.marker
    assert (outer.tid, inner.task, outer.task) == (agent.pid, 0, 0)
    assert thread.tid not in (0, agent.pid)
    assert len({steps["call 1"].task, steps["call 2"].task, 0}) == 3
    assert outer.start_ns <= inner.start_ns <= inner.end_ns <= outer.end_ns
    assert not any(step.open or step.injected for step in steps.values())


def test_more_steps_at_once_than_the_kernel_keeps_are_all_heard(heard: Markers) -> None:
    agent = Agent(
        "for number in range(2000):\n    with step('tool_call', 'step %d' % number): pass\n"
        "print('done', flush=True); sys.stdin.readline()\n",
        **heard.environment,
    )
    heard.look(0, [agent.pid])
    agent.go_on()
    agent.done()

    found = until(heard, [agent.pid], lambda found: len(found) >= 2_000)
    agent.end()

    assert [item.name for item in found] == [f"step {number}" for number in range(2_000)]


def test_a_child_speaks_for_itself_before_anybody_knows_of_it(heard: Markers) -> None:
    agent = Agent(
        "with step('tool_call', 'parent'):\n"
        "    if os.fork() == 0:\n"
        "        with step('tool_call', 'child'): pass\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "print('done', flush=True); sys.stdin.readline()\n"
    )
    heard.look(0, [agent.pid])
    agent.go_on()
    agent.done()

    steps = named(until(heard, [agent.pid], lambda found: len(found) == 2))
    agent.end()

    assert steps["child"].pid not in (0, agent.pid)
    assert steps["child"].parent == 0
    assert steps["parent"].pid == agent.pid


@pytest.mark.parametrize("ended", [True, False])
def test_a_step_that_goes_on_is_open_at_the_end(heard: Markers, ended: bool) -> None:  # noqa: FBT001 -- a case
    agent = Agent(
        "step('memory_write', 'endless', injected=True).__enter__()\n"
        "print('done', flush=True); sys.stdin.readline()\n",
        **heard.environment,
    )
    heard.look(0, [agent.pid])
    agent.go_on()
    agent.done()
    if ended:
        agent.end()
        found = until(heard, [], bool)
    else:
        found = marked(heard.close(time.monotonic_ns()))
        agent.end()

    (step,) = found
    assert (step.name, step.open, step.injected) == ("endless", True, True)
    assert step.end_ns > step.start_ns


def test_strangers_are_not_heard(heard: Markers) -> None:
    agent = Agent("print('done', flush=True); sys.stdin.readline()\n")
    heard.look(0, [agent.pid])
    stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    stranger.sendto(message(), f"\0agentaudit-{agent.pid}")
    stranger.close()
    agent.go_on()
    agent.done()
    agent.end()

    told = heard.close(1)

    assert not marked(told)
    assert "1 of strangers" in str(told)


def message(*fields: str, **told: str) -> bytes:
    """A step that ended, as a datagram."""
    said = {
        "version": "1",
        "what": "E",
        "marker": "1",
        "parent": "0",
        "tid": str(os.getpid()),
        "task": "0",
        "flags": "-",
        "kind": "tool_call",
        "start": "5",
        "end": "6",
        "name": "x",
        **told,
    }
    return "\t".join([*said.values(), *fields]).encode()


def sent(heard: Markers, *datagrams: bytes) -> Sequence[Record]:
    """What we ourselves say, to the end."""
    heard.look(0, [os.getpid()])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        for datagram in datagrams:
            line.sendto(datagram, f"\0agentaudit-{os.getpid()}")
    return heard.close(100)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\xff\xfe\t\x00",
        b"hello",
        message(version="2"),
        message(what="X"),
        message("more"),
        message(kind="idle"),
        message(marker="0"),
        message(marker="-1"),
        message(marker="9" * 30),
        message(start="7"),
        message(end="later"),
        message(tid="²"),
        b"1\tB\t1",
    ],
)
def test_what_is_no_marker_is_counted_and_nothing_else(heard: Markers, datagram: bytes) -> None:
    told = sent(heard, datagram, message())

    assert len(marked(told)) == 1
    assert "messages to the recorder were ignored: 1 no markers" in str(told)


@given(st.binary(max_size=300))
def test_no_datagram_does_harm(datagram: bytes) -> None:
    assert all(mark is None or mark.marker > 0 for mark in marks_of(datagram))


@given(st.text(max_size=400).map(lambda name: " ".join(name.split())), st.integers(1, 2**59))
def test_a_message_is_read_as_it_was_said(name: str, start_ns: int) -> None:
    said = message(name=name, start=str(start_ns), end=str(start_ns + 1), flags="i")

    (mark,) = marks_of(said)

    assert mark is not None
    assert mark.name == name.encode("utf-8", "replace").decode()[:200]
    assert (mark.start_ns, mark.end_ns, mark.injected) == (start_ns, start_ns + 1, True)


def test_a_datagram_holds_no_more_lines_than_we_take() -> None:
    found = list(marks_of(b"\n".join([message()] * 5_000)))

    assert (len(found), found[-1]) == (1_001, None)


def test_a_step_ends_no_later_than_now(heard: Markers) -> None:
    (step,) = marked(sent(heard, message(start="50", end=str(10**17))))

    assert step.start_ns == 50
    assert step.end_ns <= time.monotonic_ns()


def test_open_steps_have_a_limit(heard: Markers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markers, "_MOST_OPEN", 1)
    begun = [f"1\tB\t{number}\t0\t1\t0\t-\ttool_call\t5\tx".encode() for number in (1, 2, 3)]

    told = sent(heard, *begun)

    assert len(marked(told)) == 1
    assert "2 too many" in str(told)


def test_what_is_not_read_in_time_is_counted(
    heard: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marker_ear, "_MOST_WAITING", 1)

    told = sent(heard, message(), message(marker="2"))

    assert len(marked(told)) == 1
    assert "1 not read in time" in str(told)


def test_what_waits_has_a_limit_in_bytes_too(
    heard: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marker_ear, "_MOST_WAITING_BYTES", 1_000)

    told = sent(heard, message(), b"x" * 2_000)

    assert len(marked(told)) == 1
    assert "1 not read in time" in str(told)


def test_all_that_waits_is_heard_before_a_socket_closes() -> None:
    """Some kernels keep hundreds of datagrams of a socket, more than we take at once."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    ours.setblocking(False)
    for _ in range(200):
        theirs.send(message())
    ear = marker_ear.Ear()
    with ear._lock:
        ear._sockets[1] = ear._by_file[ours.fileno()] = ours
    ear._poll.register(ours.fileno(), 0)
    ear.remove(1)

    assert len(ear.taken()) == 200
    ear.close()
    theirs.close()


def test_threads_of_a_container_are_listed_once_a_look(
    heard: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names threads that do not exist must not keep us busy."""
    listed: list[int] = []

    def threads(pid: int) -> Mapping[int, int]:
        listed.append(pid)
        return {}

    monkeypatch.setattr(markers, "threads_of", threads)

    told = sent(heard, *(message(tid=str(number)) for number in range(1, 9)))

    assert {step.tid for step in marked(told)} == {0}
    assert len(listed) == 1


def test_a_namespace_that_is_not_ours_is_said(
    heard: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(pid: int, make: object) -> socket.socket:
        raise PermissionError(1, f"{pid} {make}")

    monkeypatch.setattr(marker_sockets, "in_namespace_of", refused)
    heard.look(0, [os.getpid()])
    heard.look(1, [os.getpid()])

    (incident,) = heard.close(2)

    assert isinstance(incident, Incident)
    assert incident.what == "network namespaces that we may not enter: 1"


def test_a_process_that_has_its_socket_elsewhere_or_is_gone_is_left_out(heard: Markers) -> None:
    second = Markers()
    heard.look(0, [os.getpid(), 2**22 + 1])

    assert not second.look(0, [os.getpid()])
    assert not second.close(1)


def test_sockets_have_a_limit_and_are_closed_with_their_process(
    heard: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markers, "_MOST_SOCKETS", 2)
    first, second = (Agent("sys.stdin.readline()\n") for _ in range(2))
    heard.look(0, [first.pid, second.pid])
    with_first = heard._ear.owners
    heard.look(1, [second.pid])
    heard.look(2, [])
    for agent in (first, second):
        agent.end()

    assert with_first == {0, first.pid}
    assert heard._ear.owners == {0}


def test_threads_in_a_container_are_found_by_the_number_they_have_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pid = os.getpid()
    monkeypatch.setattr(marker_sockets, "numbers_of", lambda number: (number, number + 1_000_000))

    assert (threads_of(pid) or {})[pid + 1_000_000] == pid
    assert threads_of(2**22 + 1) == {}


def test_a_few_threads_are_remembered(heard: Markers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markers, "_KNOWN_THREADS", 1)
    told = sent(heard, message(tid="1"), message(tid="2"), message(tid="2"))

    assert [step.tid for step in marked(told)] == [1, 2, 2]
