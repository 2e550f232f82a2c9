"""The driver's side of the processes: they are forked before the run, and gone after it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from msgspec.structs import asdict

from agentaudit.errors import IncompleteError
from agentaudit.probes.execution.messages import channel
from agentaudit.probes.execution.model_server import ModelServer
from agentaudit.probes.execution.nursery import READY
from agentaudit.probes.execution.tools import Tool

MOST_WORKERS = 256
MOST_THREADS = 192
"""With them, all sockets are still within the 1,024 files that a process may open."""
_NURSERY = "agentaudit.probes.execution.nursery"
_PATIENCE_S = 2.0
"""For processes to end by themselves once nobody speaks to them."""


class Workers:
    """
    Worker processes and an inference server, each at the other end of a socket.

    A context: whatever ends it, no process stays behind. The server is played, by its total speed
    `speeds[n]` with n calls in service, or it is a real one. `threads` are workers too, all in one
    process and one interpreter.
    """

    def __init__(
        self,
        *,
        count: int,
        tools: Collection[Tool],
        server: Sequence[float] | ModelServer,
        threads: int = 0,
    ) -> None:
        if not 1 <= count <= MOST_WORKERS:
            raise ValueError(f"there are from 1 to {MOST_WORKERS} workers, not {count}")
        if not 0 <= threads <= MOST_THREADS:
            raise ValueError(f"there are at most {MOST_THREADS} threads, not {threads}")
        pairs = [channel() for _ in range(count + 1 + threads)]
        theirs = [end.fileno() for _, end in pairs]
        self.ends = tuple(end for end, _ in pairs[:count])
        self.server = pairs[count][0]
        self.threads = tuple(end for end, _ in pairs[count + 1 :])
        self._order = {
            "workers": theirs[:count],
            "server": theirs[count],
            "threads": theirs[count + 1 :],
            "tools": sorted(tools),
            "played": list(server) if not isinstance(server, ModelServer) else None,
            "real": asdict(server) if isinstance(server, ModelServer) else None,
        }
        self.server_cpu_ns = 0
        """CPU time of the server since it began, as of its last answer."""
        self.placed = False
        """Whether the driver says on which core a step runs, and not the kernel."""
        self.pids: tuple[int, ...] = ()
        """Of what the others were forked from, the workers, the server, and what has threads."""
        self._nursery = subprocess.Popen(  # noqa: S603 -- a program of ours
            [sys.executable, "-m", _NURSERY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=theirs,
            start_new_session=True,
            text=True,
        )
        for _, end in pairs:
            end.close()

    def __enter__(self) -> Self:
        try:
            self.pids = self._started()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def server_pid(self) -> int:
        """Of the inference server; known once it has started."""
        return self.pids[1 + len(self.ends)]

    def how_one_ended(self) -> str:
        """What is known of a process that is gone: `worker 3 ended by SIGKILL`."""
        return self._line() or "all worker processes are gone"

    def close(self) -> None:
        """Ends all processes: those at rest by themselves, those at work by force."""
        with ExitStack() as stack:
            for end in (*self.ends, self.server, *self.threads):
                stack.callback(end.close)
        end_s = time.monotonic() + _PATIENCE_S
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            self._nursery.wait(max(end_s - time.monotonic(), 0))
        with suppress(ProcessLookupError):
            os.killpg(self._nursery.pid, signal.SIGKILL)
        self._nursery.wait()
        for pipe in (self._nursery.stdin, self._nursery.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # of an order that nobody has taken
                    pipe.close()

    def _started(self) -> tuple[int, ...]:
        if self._nursery.stdin is None:
            raise AssertionError("the nursery is spoken to on a pipe")
        with suppress(BrokenPipeError):  # it has ended: no word from it says so below
            self._nursery.stdin.write(f"{json.dumps(self._order)}\n")
            self._nursery.stdin.flush()
        word, *rest = (self._line() or "no word from them").split()
        if word != READY:
            raise IncompleteError(f"the worker processes did not start: {' '.join([word, *rest])}")
        return (self._nursery.pid, *map(int, rest))

    def _line(self) -> str:
        if self._nursery.stdout is None:
            raise AssertionError("the nursery speaks on a pipe")
        return self._nursery.stdout.readline().strip()
