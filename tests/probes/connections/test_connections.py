"""Requests in flight of real programs, against what the programs themselves say of them."""

import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from agentaudit.model.observed import InFlight, settled
from agentaudit.model.recording import ModelPeer
from agentaudit.model.trace import Incident
from agentaudit.probes.connections import table as connection_table
from agentaudit.probes.connections.observer import Connections, Seen, Watcher
from agentaudit.probes.connections.sock_diag import SockDiag
from tests.probes.model_server import ANEW, APART, AT_ONCE, KEPT, NODE, SERVER

Program = subprocess.Popen[str]
Start = Callable[..., Program]
TICK_NS = 12_000_000
"""The kernel's clock for sockets ticks every 1 to 10 ms."""


class Watch:
    """A watcher that looks in a thread, and first before it is given out."""

    def __init__(self, pids: Sequence[int], endpoints: Sequence[str] = ()) -> None:
        self.pids = pids
        self._watcher = Watcher(endpoints, time.monotonic_ns())
        self._seen: list[Seen] = list(self._watcher.look(time.monotonic_ns(), pids))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._seen += self._watcher.look(time.monotonic_ns(), self.pids)
        self._seen += self._watcher.close(time.monotonic_ns())

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._seen += self._watcher.look(time.monotonic_ns(), self.pids)
            self._watcher.wait(time.monotonic_ns())

    @property
    def requests(self) -> list[InFlight]:
        return list(settled(one for one in self._seen if isinstance(one, InFlight)))

    @property
    def others(self) -> list[ModelPeer | Incident]:
        return [one for one in self._seen if not isinstance(one, InFlight)]


def line(program: Program) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def asked(program: Program) -> list[tuple[int, int]]:
    """Lets a client ask; when it began and ended each request, by its own clock."""
    assert program.stdin is not None
    program.stdin.write("go\n")
    program.stdin.flush()
    return sorted(
        (int(began), int(ended))
        for began, ended in (words.split() for words in iter(lambda: line(program), "done"))
    )


def assert_told(
    requests: Sequence[InFlight], truth: Sequence[tuple[int, int]], waits_s: Sequence[float]
) -> None:
    """Each lies within what its client saw, and lasts as long as its server took at least."""
    assert len(requests) == len(truth)
    for request, (began_ns, ended_ns), wait_s in zip(requests, truth, waits_s, strict=True):
        assert began_ns - TICK_NS <= request.start_ns
        assert request.start_ns + wait_s * 1e9 - 2 * TICK_NS <= request.end_ns
        assert request.end_ns <= ended_ns + TICK_NS
        assert not request.open


@pytest.fixture
def server(start: Start) -> tuple[Program, str]:
    program = start(SERVER, "127.0.0.1", name="server.py")
    return program, line(program)


WAITS = (0.25, 0.4)
WORDS = tuple(map(str, WAITS))


@pytest.mark.parametrize("client", [KEPT, ANEW], ids=["one connection", "a connection each"])
def test_requests_of_a_client_are_told_as_it_saw_them(
    client: str, start: Start, server: tuple[Program, str]
) -> None:
    serving, port = server
    program = start(client, "127.0.0.1", port, *WORDS)
    endpoint = f"127.0.0.1:{port}"

    with Watch([program.pid], [endpoint]) as watch:
        truth = asked(program)

    assert_told(watch.requests, truth, WAITS)
    assert {(one.peer, one.peer_pid) for one in watch.requests} == {(endpoint, serving.pid)}
    assert all(one.model and one.evidence == "--llm-endpoint" for one in watch.requests)
    assert {one.pid for one in watch.requests} == {program.pid}
    assert [type(one) for one in watch.others] == [ModelPeer]


def test_the_connection_of_a_request_is_told_by_its_number(
    start: Start, server: tuple[Program, str]
) -> None:
    kept = start(KEPT, "127.0.0.1", server[1], *WORDS, name="kept.py")
    anew = start(ANEW, "127.0.0.1", server[1], *WORDS, name="anew.py")

    with Watch([kept.pid, anew.pid]) as watch:
        asked(kept)
        asked(anew)

    numbers = {
        pid: {one.connection for one in watch.requests if one.pid == pid} for pid in watch.pids
    }
    assert [len(numbers[kept.pid]), len(numbers[anew.pid])] == [1, 2]


def test_requests_at_once_of_an_event_loop_overlap(
    start: Start, server: tuple[Program, str]
) -> None:
    program = start(AT_ONCE, "127.0.0.1", server[1], "0.5", "0.8", "0.65")

    with Watch([program.pid]) as watch:
        truth = asked(program)

    requests = sorted(watch.requests, key=lambda one: one.end_ns)
    assert_told(requests, sorted(truth, key=lambda one: one[1]), (0.5, 0.65, 0.8))
    assert max(one.start_ns for one in requests) < min(one.end_ns for one in requests)


def test_a_streamed_answer_is_one_request_that_says_when_it_began(
    start: Start, server: tuple[Program, str]
) -> None:
    program = start(KEPT, "127.0.0.1", server[1], "0.4/0.3/0.3/0.3")

    with Watch([program.pid]) as watch:
        truth = asked(program)

    assert_told(watch.requests, truth, [1.3])
    (request,) = watch.requests
    assert request.start_ns + 0.4e9 - 2 * TICK_NS <= request.answer_ns
    assert request.answer_ns <= request.end_ns - 0.9e9 + 2 * TICK_NS
    assert request.received_bytes >= 4000
    assert request.sent_bytes >= 500


def test_a_server_of_the_tree_is_asked_and_says_so(
    start: Start, server: tuple[Program, str]
) -> None:
    serving, port = server
    program = start(KEPT, "127.0.0.1", port, *WORDS)

    with Watch([serving.pid]) as watch:
        truth = asked(program)

    assert_told(watch.requests, truth, WAITS)
    assert all(one.inbound and not one.model for one in watch.requests)
    assert all(one.received_bytes >= 500 and one.sent_bytes >= 1000 for one in watch.requests)


def test_ipv6_is_seen_alike(start: Start) -> None:
    serving = start(SERVER, "::1", name="server.py")
    port = line(serving)
    program = start(KEPT, "::1", port, *WORDS)

    with Watch([program.pid]) as watch:
        truth = asked(program)

    assert_told(watch.requests, truth, WAITS)
    assert {(one.peer, one.peer_pid) for one in watch.requests} == {(f"[::1]:{port}", serving.pid)}


def test_a_program_that_is_no_python_is_seen_alike(
    tmp_path: Path, needs: Callable[[str, str], str], server: tuple[Program, str]
) -> None:
    script = tmp_path / "client.js"
    script.write_text(NODE)
    command = [needs("node", "nodejs"), str(script), "127.0.0.1", server[1], *WORDS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        line(program)

        with Watch([program.pid]) as watch:
            truth = asked(program)

    assert_told(watch.requests, truth, WAITS)


BOTH = """
server = Server(("127.0.0.1", 0), Answers)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""


def test_a_network_namespace_of_its_own_hides_nothing(start: Start) -> None:
    if os.geteuid():
        pytest.skip("only root enters the network namespaces of others")
    serving = SERVER.replace('print("ready"', 'print("not yet"').partition("server = ")[0]
    serving = serving.replace(
        ' if ":" in sys.argv[1] else socket.AF_INET', " if False else socket.AF_INET"
    )
    text = (
        APART
        + serving
        + BOTH
        + KEPT.replace(
            "host, port, *waits = sys.argv[1:]",
            "host, port, waits = '127.0.0.1', server.server_address[1], sys.argv[1:]",
        )
    )
    program = start(text, *WORDS)
    before = Path("/proc/thread-self/ns/net").stat().st_ino

    with Watch([program.pid]) as watch:
        truth = asked(program)

    assert_told([one for one in watch.requests if not one.inbound], truth, WAITS)
    assert_told([one for one in watch.requests if one.inbound], truth, WAITS)
    assert Path("/proc/thread-self/ns/net").stat().st_ino == before


WAITING = """
import socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
connection.sendall(b"POST /1.5 HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 3\\r\\n\\r\\nabc")
print("ready", flush=True)
connection.recv(99999)
print("answered", flush=True)
sys.stdin.read()
"""


def test_who_waits_already_is_seen_to_wait_from_the_beginning(
    start: Start, server: tuple[Program, str]
) -> None:
    program = start(WAITING, "127.0.0.1", server[1])
    began_ns = time.monotonic_ns()

    with Watch([program.pid]) as watch:
        assert line(program) == "answered"
        ended_ns = time.monotonic_ns()

    (request,) = watch.requests
    assert abs(request.start_ns - began_ns) < 0.5e9
    assert request.start_ns + 0.5e9 < request.end_ns <= ended_ns + TICK_NS


def test_what_waits_still_at_the_end_is_open(start: Start, server: tuple[Program, str]) -> None:
    program = start(WAITING, "127.0.0.1", server[1])

    with Watch([program.pid]) as watch:
        pass

    assert [(one.open, one.received_bytes) for one in watch.requests] == [(True, 0)]


FORKED = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print("ready", flush=True)
print(listening.getsockname()[1], flush=True)
accepted, _ = listening.accept()
child = os.fork()
if child == 0:
    sys.stdin = None
    while accepted.recv(999):
        accepted.sendall(b"x" * 100)
    os._exit(0)
accepted.close()
print(child, flush=True)
sys.stdin.read()
"""


def test_a_connection_belongs_to_the_child_that_serves_it(start: Start) -> None:
    program = start(FORKED)
    port = int(line(program))
    connection = socket.create_connection(("127.0.0.1", port))
    child = int(line(program))

    with Watch([program.pid, child]) as watch:
        connection.sendall(b"q" * 100)
        connection.recv(999)
        connection.close()

    assert {(one.pid, one.inbound) for one in watch.requests} == {(child, True)}


def test_connections_that_end_often_are_polled_instead(
    start: Start, server: tuple[Program, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_table, "_MOST_ENDINGS", 0)
    program = start(ANEW, "127.0.0.1", server[1], *WORDS)

    with Watch([program.pid]) as watch:
        truth = asked(program)

    assert len(watch.requests) == len(truth)


@contextmanager
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(SockDiag, "sockets", refuse)
        yield


def test_where_the_kernel_refuses_models_are_known_from_its_tables(
    start: Start, server: tuple[Program, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = f"127.0.0.1:{server[1]}"
    program = start(WAITING, "127.0.0.1", server[1])

    with refusing(monkeypatch), Watch([program.pid], [endpoint]) as watch:
        assert line(program) == "answered"

    incident, peer = watch.others
    assert isinstance(incident, Incident)
    assert "Operation not permitted" in incident.what
    assert isinstance(peer, ModelPeer)
    assert (peer.pid, peer.address) == (program.pid, endpoint)
    assert not watch.requests


def test_whose_sockets_are_not_ours_to_see_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("agentaudit.probes.connections.observer.namespace_of", deny)
    watcher = Watcher((), 0)

    told = [list(watcher.look(second * 10**9, [1, 2])) for second in range(2)]

    assert [[type(one) for one in records] for records in told] == [[Incident], []]


def test_the_observer_tells_while_it_runs_and_the_rest_at_the_end(
    start: Start, server: tuple[Program, str]
) -> None:
    program = start(WAITING, "127.0.0.1", server[1])
    observer = Connections([f"127.0.0.1:{server[1]}"])
    seen: list[Seen] = []
    try:
        while not seen:
            seen += observer.look(time.monotonic_ns(), [program.pid])
            time.sleep(0.01)
        assert line(program) == "answered"
    finally:
        rest = observer.close(time.monotonic_ns())

    assert any(isinstance(one, ModelPeer) for one in seen)
    assert any(isinstance(one, InFlight) and one.model for one in [*seen, *rest])
    assert not observer.close(time.monotonic_ns())
    assert not observer.look(time.monotonic_ns(), [program.pid])


def test_an_observer_that_never_looked_has_nothing_to_tell() -> None:
    assert not Connections(()).close(time.monotonic_ns())


def test_a_defect_is_an_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("what nobody thought of")

    monkeypatch.setattr(Watcher, "look", broken)
    observer = Connections(())
    seen: list[Seen] = []
    while not seen:
        seen += observer.look(time.monotonic_ns(), [os.getpid()])

    (incident,) = seen
    assert not observer.close(time.monotonic_ns())
    assert isinstance(incident, Incident)
    assert "KeyError" in incident.what


def test_files_beyond_the_1024th_are_waited_for_too() -> None:
    """A recorder of many threads keeps a file open for each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1200:
        pytest.skip("so many files may not be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1200, hard))
    watcher = Watcher((), time.monotonic_ns())
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1030)]
    try:
        list(watcher.look(time.monotonic_ns(), [os.getpid()]))
        watcher.wait(time.monotonic_ns())

        assert not list(watcher.close(time.monotonic_ns()))
    finally:
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_processes_that_are_gone_have_no_connections() -> None:
    with Watch([4_194_305]) as watch:
        pass

    assert not watch.requests
    assert not watch.others
