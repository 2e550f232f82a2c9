"""
Puts load on an agent: requests over HTTP, or runs of a command; a process of its own.

It reads its plan as JSON from standard input, so that no header and no body shows in a command
line, and writes one JSON line for each request that ended. It stops when the plan is done or
standard input closes, and so never outlives whoever started it. No redirect is followed: nothing
but the address in the plan is ever asked.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from typing import TextIO
from urllib.parse import urlsplit

from msgspec import Struct, field

from agentaudit.probes.http_connection import connection_to

_READ_BYTES = 64 * 1024
_LARGEST_ANSWER = 64 * 1024 * 1024
_LOOK_S = 0.05
_FAILED_STATUS = 400


class Plan(Struct, frozen=True, kw_only=True):
    """
    What is asked, by how many at once, how often, how long.

    With a `rate_hz`, requests fall due at random (Poisson), whether or not those before have been
    answered, and a request that finds all users busy waits from its due time on; without one, each
    user asks again as soon as it was answered. `requests` is 0 for no limit of number.
    """

    url: str = ""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    bodies: Sequence[str] = ()
    command: Sequence[str] = ()
    users: int = 4
    rate_hz: float = 0.0
    requests: int = 0
    timeout_s: float = 120.0
    wait_s: float = 30.0
    """How long the address may take to answer at all, before the first request."""
    seed: int = 1

    @property
    def target(self) -> str:
        """Whom it asks, as that is shown and kept: a query may hold a key."""
        return self.url.partition("#")[0].partition("?")[0] or self.command[0]


class Outcome(Struct, frozen=True, kw_only=True):
    """How one request went."""

    status: int
    failed: bool
    problem: str = ""
    pid: int = 0
    """The process of a command."""


class Driver:
    """Users that take one request after the other, until all are done or someone says stop."""

    def __init__(self, plan: Plan, output: TextIO) -> None:
        self._plan = plan
        self._output = output
        self._lock = threading.Lock()
        self._dues = _dues(plan)
        self._number = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        if self._plan.url:
            problem = _unreachable(self._plan, self.stopped)
            if problem:
                self._say({"problem": problem})
                return
        users = [
            threading.Thread(target=self._user, args=(number,), daemon=True)
            for number in range(1, self._plan.users + 1)
        ]
        for user in users:
            user.start()
        for user in users:
            while user.is_alive() and not self._abandoned:
                user.join(_LOOK_S)
        if not self.stopped.is_set():
            self._say({"done": True})

    @property
    def _abandoned(self) -> bool:
        """Whether nobody waits any more for answers; commands are still to be ended."""
        return self.stopped.is_set() and bool(self._plan.url)

    def _user(self, user: int) -> None:
        while not self.stopped.is_set():
            with self._lock:
                due_ns = next(self._dues, None)
                if due_ns is None:
                    return
                self._number += 1
                number = self._number
            wait_s = (due_ns - time.monotonic_ns()) / 1e9
            if wait_s > 0 and self.stopped.wait(wait_s):
                return
            start_ns = due_ns or time.monotonic_ns()
            outcome = _asked(self._plan, number) if self._plan.url else self._run_command()
            self._say(
                {
                    "number": number,
                    "user": user,
                    "start_ns": start_ns,
                    "end_ns": time.monotonic_ns(),
                    "status": outcome.status,
                    "failed": outcome.failed,
                    "problem": outcome.problem,
                    "pid": outcome.pid,
                }
            )

    def _run_command(self) -> Outcome:
        """One run of the command, ended when its time is up or the driver's is."""
        try:
            program = subprocess.Popen(  # noqa: S603 -- the user asked for exactly this command
                self._plan.command,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                process_group=0,
            )
        except OSError as error:
            return Outcome(status=127, failed=True, problem=error.strerror or "cannot be started")
        end_s = time.monotonic() + self._plan.timeout_s
        while program.poll() is None:
            if self.stopped.wait(_LOOK_S) or time.monotonic() > end_s:
                with suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)  # with all that it started
                program.wait()
                return Outcome(status=124, failed=True, problem="its time was up", pid=program.pid)
        code = program.returncode
        problem = f"ended by signal {-code}" if code < 0 else ""
        return Outcome(status=abs(code), failed=code != 0, problem=problem, pid=program.pid)

    def _say(self, message: Mapping[str, object]) -> None:
        with self._lock:
            try:
                self._output.write(json.dumps(message) + "\n")
                self._output.flush()
            except (OSError, ValueError):  # nobody reads any more
                self.stopped.set()


def _dues(plan: Plan) -> Iterator[int]:
    """When each request falls due; 0 is at once."""
    chance = random.Random(plan.seed)  # noqa: S311 -- arrivals, not secrets
    due_ns = time.monotonic_ns()
    number = 0
    while not plan.requests or number < plan.requests:
        number += 1
        if plan.rate_hz > 0:
            due_ns += round(chance.expovariate(plan.rate_hz) * 1e9)
        yield due_ns if plan.rate_hz > 0 else 0


def _unreachable(plan: Plan, stopped: threading.Event) -> str:
    """Why nothing listens at the address, once its time to begin is over."""
    end_s = time.monotonic() + plan.wait_s
    while True:
        connection = connection_to(urlsplit(plan.url), timeout_s=plan.timeout_s)
        try:
            connection.connect()
        except OSError as error:
            if time.monotonic() > end_s or stopped.wait(_LOOK_S):
                return f"nothing answers at {plan.target}: {error.strerror or error}"
        else:
            return ""
        finally:
            connection.close()


def _asked(plan: Plan, number: int) -> Outcome:
    """One request over a connection of its own; its end is the last byte of the answer."""
    parts = urlsplit(plan.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = plan.bodies[(number - 1) % len(plan.bodies)].encode() if plan.bodies else None
    connection = connection_to(parts, timeout_s=plan.timeout_s)
    end_s = time.monotonic() + plan.timeout_s
    try:
        connection.request(plan.method, path, body=body, headers=dict(plan.headers))
        answer = connection.getresponse()
        read = 0
        while part := answer.read1(_READ_BYTES):
            read += len(part)
            if read > _LARGEST_ANSWER:
                return Outcome(status=answer.status, failed=True, problem="its answer never ended")
            if time.monotonic() > end_s:
                return _late(plan)
    except TimeoutError:
        return _late(plan)
    except (OSError, HTTPException, ValueError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        return Outcome(status=0, failed=True, problem=what)
    finally:
        connection.close()
    return Outcome(status=answer.status, failed=answer.status >= _FAILED_STATUS)


def _late(plan: Plan) -> Outcome:
    problem = f"no whole answer within {plan.timeout_s:g} s"
    return Outcome(status=0, failed=True, problem=problem)


def main() -> None:
    """First line of standard input: the plan. Next line: the word to begin. Its end: to stop."""
    plan = Plan(**json.loads(sys.stdin.readline()))
    if not sys.stdin.readline():
        return
    driver = Driver(plan, sys.stdout)

    def listen() -> None:
        sys.stdin.read()
        driver.stopped.set()

    def stop(_number: int, _frame: object) -> None:
        driver.stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=listen, daemon=True).start()
    driver.run()
    sys.stdout.flush()
    os._exit(0)  # a user may still wait for an answer that nobody wants any more


if __name__ == "__main__":
    main()
