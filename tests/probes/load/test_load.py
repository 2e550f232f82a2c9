"""Load on an agent: a real driver, against a real server and real commands."""

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.observed import LoadPlanned, LoadRequest
from agentaudit.model.trace import Incident
from agentaudit.probes.load.driver import Plan, _dues
from agentaudit.probes.load.observer import Load, LoadRecord


@dataclass
class Asked:
    """What a server saw."""

    bodies: list[bytes] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def server(
    status: int = 200, takes_s: float = 0.01, location: str = ""
) -> Iterator[tuple[str, Asked]]:
    """An agent that answers each request the same way."""
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with asked.lock:
                asked.at_once += 1
                asked.most_at_once = max(asked.most_at_once, asked.at_once)
                asked.bodies.append(self.rfile.read(int(self.headers["Content-Length"] or 0)))
                asked.headers.append(self.headers.get("X-Who", ""))
            time.sleep(takes_s)
            with asked.lock:
                asked.at_once -= 1
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/run", asked
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@contextmanager
def trickle() -> Iterator[str]:
    """An agent whose answer never ends."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while not over.wait(0.02):
                    self.wfile.write(b".")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/run"
    finally:
        over.set()
        listening.shutdown()
        thread.join()
        listening.server_close()


def made(plan: Plan, *, until: int | None = None) -> Sequence[LoadRecord]:
    """What the load says, until it is done or has told of so many requests."""
    load = Load(plan)
    records: list[LoadRecord] = []
    end_s = time.monotonic() + 60
    while not load.done and time.monotonic() < end_s:
        records += load.look(time.monotonic_ns(), ())
        if until is not None and len(requests_of(records)) >= until:
            break
        time.sleep(0.01)
    records += load.close(time.monotonic_ns())
    assert not psutil.pid_exists(load.pid)
    assert list(load.close(0)) == []
    return records


def requests_of(records: Sequence[LoadRecord]) -> list[LoadRequest]:
    return [record for record in records if isinstance(record, LoadRequest)]


@given(st.floats(0.1, 1e4), st.integers(0, 1000))
def test_requests_fall_due_in_order_and_no_more_than_asked(rate_hz: float, number: int) -> None:
    dues = list(islice(_dues(Plan(url="http://x/", rate_hz=rate_hz, requests=number)), 1100))

    assert len(dues) == (number or 1100)
    assert all(before <= after for before, after in pairwise(dues))


def test_poisson_arrivals_have_the_rate_that_was_asked() -> None:
    dues = list(_dues(Plan(url="http://x/", rate_hz=50.0, requests=5000)))

    assert (dues[-1] - dues[0]) / 1e9 / 4999 == pytest.approx(1 / 50, rel=0.1)


def test_a_closed_loop_asks_as_many_at_once_as_there_are_users_and_no_more() -> None:
    with server(takes_s=0.05) as (url, asked):
        records = made(
            Plan(url=url, users=3, requests=12, bodies=("a", "b"), headers={"X-Who": "me"})
        )

    requests = requests_of(records)
    assert isinstance(records[0], LoadPlanned)
    assert (records[0].shape, records[0].concurrency, records[0].requests) == ("closed", 3, 12)
    assert sorted(request.number for request in requests) == list(range(1, 13))
    assert {request.status for request in requests} == {200}
    assert all(request.start_ns < request.end_ns for request in requests)
    assert not any(request.failed for request in requests)
    assert asked.most_at_once == 3
    assert sorted(asked.bodies) == [b"a"] * 6 + [b"b"] * 6
    assert set(asked.headers) == {"me"}


def test_a_request_that_finds_all_users_busy_waits_from_its_due_time_on() -> None:
    with server(takes_s=0.05) as (url, _):
        records = made(Plan(url=url, users=1, rate_hz=200.0, requests=10))

    requests = sorted(requests_of(records), key=lambda request: request.number)
    latencies = [request.end_ns - request.start_ns for request in requests]
    assert latencies[-1] > 300_000_000


def test_an_answer_of_failure_is_a_failed_request_and_no_redirect_is_followed() -> None:
    with server() as (elsewhere, other), server(302, location=elsewhere) as (url, asked):
        redirected = requests_of(made(Plan(url=url, users=1, requests=2)))
    with server(status=503) as (url, _):
        refused = requests_of(made(Plan(url=url, users=1, requests=2)))

    assert ([request.status for request in redirected], other.bodies) == ([302, 302], [])
    assert len(asked.bodies) == 2
    assert [(request.status, request.failed) for request in refused] == [(503, True)] * 2


def test_no_answer_in_time_is_a_failure_with_its_reason() -> None:
    with server(takes_s=0.5) as (url, _):
        records = requests_of(made(Plan(url=url, users=1, requests=1, timeout_s=0.1)))

    assert [(record.status, record.failed) for record in records] == [(0, True)]
    assert records[0].problem == "no whole answer within 0.1 s"


def test_an_answer_that_trickles_on_is_given_up() -> None:
    with trickle() as url:
        records = requests_of(made(Plan(url=url, users=1, requests=1, timeout_s=0.3)))

    assert [record.problem for record in records] == ["no whole answer within 0.3 s"]


def test_a_driver_that_waits_for_an_answer_ends_with_its_recorder() -> None:
    """Nobody is left behind that might go on asking."""
    with trickle() as url:
        load = Load(Plan(url=url, users=2))
        program = load._program
        assert program is not None
        assert program.stdin is not None
        load.look(0, ())
        program.stdin.close()

        assert program.wait(30) == 0
        load.close(0)


def test_what_a_query_holds_is_not_kept() -> None:
    with server() as (url, _):
        records = made(Plan(url=f"{url}?key=s3cret#s3cret", users=1, requests=1))
    unanswered = made(Plan(url=f"{url}?key=s3cret", wait_s=0.1))

    assert any(isinstance(record, Incident) for record in unanswered)
    assert "s3cret" not in repr([records, unanswered])


def test_what_cannot_be_sent_is_a_failed_request() -> None:
    with server() as (url, _):
        records = made(Plan(url=url, users=1, requests=2, headers={"X-Who": "\u2713"}))

    assert [request.failed for request in requests_of(records)] == [True, True]


def test_the_plan_reaches_the_driver_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    with server() as (url, asked):
        made(Plan(url=url, users=1, requests=1, bodies=("\u00e9",)))

    assert asked.bodies == ["\u00e9".encode()]


def test_a_command_may_name_a_file_that_is_no_utf_8() -> None:
    records = made(Plan(command=("true", os.fsdecode(b"\xe9.txt")), users=1, requests=1))

    assert [request.failed for request in requests_of(records)] == [False]


def test_the_folder_that_we_are_in_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be anybody's, and hold a module by the name of one of ours."""
    (tmp_path / "random.py").write_text("raise SystemExit('not that one')")
    monkeypatch.chdir(tmp_path)
    with server() as (url, _):
        records = made(Plan(url=url, users=1, requests=1))

    assert len(requests_of(records)) == 1


def test_a_run_that_is_cut_short_ends_with_all_that_it_started(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {told}.new; mv {told}.new {told}; wait"
    load = Load(Plan(command=("sh", "-c", script), users=1))
    load.look(0, ())
    while not told.exists():
        time.sleep(0.01)
    child = psutil.Process(int(told.read_text()))
    load.close(0)

    with suppress(psutil.NoSuchProcess):
        while child.status() != psutil.STATUS_ZOMBIE:  # the kernel takes its time
            time.sleep(0.01)


def test_nobody_listening_is_said_and_ends_the_load() -> None:
    with server() as (url, _):
        pass
    records = made(Plan(url=url, wait_s=0.1))

    [problem] = [record for record in records if isinstance(record, Incident)]
    assert problem.what.startswith("nothing answers at http://127.0.0.1:")
    assert problem.lost == "the load: the agent was recorded without it"


def test_load_without_an_end_ends_with_its_recorder() -> None:
    with server(takes_s=0.01) as (url, _):
        records = made(Plan(url=url, users=2), until=5)

    assert len(requests_of(records)) >= 5


def test_a_driver_whose_recorder_was_killed_ends() -> None:
    load = Load(Plan(command=(sys.executable, "-c", "pass"), users=1))
    program = load._program
    assert program is not None
    assert program.stdin is not None
    load.look(0, ())
    program.stdin.close()

    assert program.wait(30) == 0
    load.close(0)


def test_runs_of_a_command_are_requests() -> None:
    fails = "import sys; sys.exit(3)"
    good = requests_of(made(Plan(command=(sys.executable, "-c", "pass"), users=2, requests=4)))
    bad = requests_of(made(Plan(command=(sys.executable, "-c", fails), users=1, requests=1)))
    none = requests_of(made(Plan(command=("/no/such/program",), users=1, requests=1)))
    long = requests_of(made(Plan(command=("sleep", "60"), users=1, requests=1, timeout_s=0.1)))

    assert [request.failed for request in good] == [False] * 4
    assert len({request.pid for request in good}) == 4
    assert [(request.status, request.failed) for request in bad] == [(3, True)]
    assert [(request.status, request.failed) for request in none] == [(127, True)]
    assert [(request.status, request.problem) for request in long] == [(124, "its time was up")]
