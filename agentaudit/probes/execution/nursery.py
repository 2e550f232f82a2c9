"""
The process that all workers and the server are forked from, and that none of them outlives.

    python -m agentaudit.probes.execution.nursery

It is a program of its own, because a process with threads and open terminals is no good parent: it
sets how many threads numerical libraries use before it loads any, prepares the work, and forks.
What is wanted of it, it reads from its standard input, one line of JSON: sockets, kinds of work,
and the server, played or real. It stands in a session of its own, and ends that session's processes
when its standard input closes, which happens whichever way the driver ends. How children end, it
says on its standard output.
"""

import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from agentaudit.probes.execution.model_server import ModelServer, relay
from agentaudit.probes.execution.server import serve
from agentaudit.probes.execution.tools import Tool, Work, prepared
from agentaudit.probes.execution.worker import work

ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")
}
READY = "ready"
"""The first word, once all are there; their process numbers follow."""
_Role = Callable[[Sequence[socket.socket]], None]


def main() -> None:
    """Forks what the driver wants, and stands by; nothing of either without a whole order."""
    os.environ.update(ONE_THREAD)
    order = sys.stdin.readline()
    if not order.endswith("\n"):
        return  # the driver was gone before it had said all
    wanted = json.loads(order)
    tools = {Tool(name): prepared(Tool(name)) for name in wanted["tools"]}
    workers, server, threads = wanted["workers"], wanted["server"], wanted["threads"]
    ends = {fd: socket.socket(fileno=fd) for fd in (*workers, server, *threads)}
    roles: dict[str, tuple[Sequence[int], _Role]] = {
        f"worker {place}": ([fd], lambda own: work(own[0], tools))
        for place, fd in enumerate(workers)
    }
    real = ModelServer(**wanted["real"]) if wanted["real"] else None
    serving = partial(relay, server=real) if real else partial(serve, speeds=wanted["played"])
    roles["server"] = ([server], lambda own: _serve_apart(own[0], serving))
    if threads:
        roles["the process with threads"] = (threads, lambda own: _in_threads(own, tools))
    names = {_forked(fds, role, ends): name for name, (fds, role) in roles.items()}
    for end in ends.values():
        end.close()
    _stand_by(names)


def _serve_apart(end: socket.socket, serving: Callable[[socket.socket], None]) -> None:
    """
    The server in a session of its own, as a service has one.

    Linux shares cores among sessions first. Among the workers, the server would be one of many, and
    wait for all of them whenever a call comes in. It ends when its socket closes.
    """
    os.setsid()
    serving(end)


def _in_threads(ends: Sequence[socket.socket], tools: Mapping[Tool, Work]) -> None:
    """Workers that are threads of one interpreter; they end when their sockets close."""
    threads = [threading.Thread(target=work, args=(end, tools)) for end in ends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _forked(fds: Sequence[int], role: _Role, ends: Mapping[int, socket.socket]) -> int:
    """A child that plays the role on its own ends, and has closed those of the others."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _close(end for fd, end in ends.items() if fd not in fds)
        os.close(sys.stdin.fileno())
        role([ends[fd] for fd in fds])
        code = 0
    finally:
        os._exit(code)


def _close(ends: Iterable[socket.socket]) -> None:
    for end in ends:
        end.close()


def _stand_by(names: dict[int, str]) -> None:
    """Says how children end, until there are none, or until the driver is gone."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    print(READY, *names, flush=True)  # noqa: T201 -- the driver listens
    _say_ends(names)  # of those that ended before anybody listened
    while names:
        ready, _, _ = select.select([sys.stdin, woken], [], [])
        if sys.stdin in ready:
            os.killpg(0, signal.SIGKILL)
        os.read(woken, 4096)
        _say_ends(names)


def _say_ends(names: dict[int, str]) -> None:
    while names:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
        print(f"{names.pop(pid)} ended {how}", flush=True)  # noqa: T201 -- the driver listens


if __name__ == "__main__":
    main()
