"""
Load that the recorder itself puts on the agent, so that "under load" is a measured fact.

The requests are made by a process of their own: it takes none of the recorder's time, and ends
with it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import asdict

from agentaudit.model.observed import LoadPlanned, LoadRequest
from agentaudit.model.trace import Incident
from agentaudit.probes.load.driver import Plan

_PATIENCE_S = 2.0
_READ_BYTES = 1024 * 1024
_LONGEST_PROBLEM = 200

LoadRecord = LoadPlanned | LoadRequest | Incident


class Load:
    """
    The load, from the first look on; `pid` is the process that makes it, and runs its commands.

    `done` says that all requests of a bounded plan were answered, or that nothing is there to ask.
    """

    def __init__(self, plan: Plan, environment: Mapping[str, str] | None = None) -> None:
        self._plan = plan
        self._rest = b""
        self._begun = False
        self.done = False
        self._program: subprocess.Popen[bytes] | None = _prepared(plan, environment or {})
        self.pid = self._program.pid

    def look(self, now_ns: int, _pids: Sequence[int]) -> Sequence[LoadRecord]:
        if not self._begun:
            self._begun = True
            return self._begin(now_ns)
        return list(self._read(now_ns))

    def close(self, now_ns: int) -> Sequence[LoadRecord]:
        """The load ends; requests that were not answered by now are not told of."""
        program = self._program
        if program is None:
            return ()
        if program.stdin is not None:
            with suppress(OSError):
                program.stdin.close()
        program.terminate()
        try:
            program.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        records = list(self._read(now_ns))
        if program.stdout is not None:
            program.stdout.close()
        self._program = None
        self.done = True
        return records

    def _begin(self, now_ns: int) -> Sequence[LoadRecord]:
        if self._program and self._program.stdin:
            with suppress(OSError):  # it has ended: no request will be told of
                self._program.stdin.write(b"go\n")
                self._program.stdin.flush()
        return (
            LoadPlanned(
                at_ns=now_ns,
                shape="poisson" if self._plan.rate_hz > 0 else "closed",
                target=self._plan.target,
                concurrency=self._plan.users,
                rate_hz=self._plan.rate_hz,
                requests=self._plan.requests,
            ),
        )

    def _read(self, now_ns: int) -> Iterator[LoadRecord]:
        for line in self._lines():
            message = json.loads(line)
            if "number" in message:
                message["problem"] = message["problem"][:_LONGEST_PROBLEM]
                yield LoadRequest(**message)
            elif message.get("problem"):
                self.done = True
                yield Incident(
                    at_ns=now_ns,
                    probe="load",
                    what=str(message["problem"])[:_LONGEST_PROBLEM],
                    lost="the load: the agent was recorded without it",
                )
            else:
                self.done = True

    def _lines(self) -> Sequence[bytes]:
        """Whole lines that the driver has written, without waiting for more."""
        output = self._program.stdout if self._program else None
        if output is None:
            return ()
        with suppress(BlockingIOError):
            while part := os.read(output.fileno(), _READ_BYTES):
                self._rest += part
        *lines, self._rest = self._rest.split(b"\n")
        return lines


def _prepared(plan: Plan, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """
    The driver, which knows the plan and waits for the word to begin.

    It imports nothing from the folder that we happen to be in (`-P`).
    """
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "agentaudit.probes.load.driver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    if program.stdin is None or program.stdout is None:
        raise AssertionError("both are pipes")
    os.set_blocking(program.stdout.fileno(), False)
    program.stdin.write(json.dumps(asdict(plan)).encode() + b"\n")
    program.stdin.flush()
    return program
