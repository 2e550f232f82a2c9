"""
What it costs to look at connections, and how near the truth the requests are that it tells.

    python benchmarks/connections.py

A program that is not ours holds so many connections, another one so many of which each carries a
request twice a second. CPU time is that of the thread that looks.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from agentaudit.model.observed import InFlight, settled
from agentaudit.probes.connections.observer import Watcher

SECONDS = 20
WARM_UP_S = 3
PROGRAM = """
import json, resource, socket, sys, time

most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
server = socket.create_server(("127.0.0.1", 0), backlog=4000)
pairs = []
for _ in range(int(sys.argv[1])):
    client = socket.create_connection(server.getsockname())
    pairs.append((client, server.accept()[0]))
print("ready", flush=True)
truth, ends = [], time.monotonic() + float(sys.argv[3])
while time.monotonic() < ends:
    began = []
    for client, accepted in pairs[: int(sys.argv[2])]:
        began.append(time.monotonic_ns())
        client.sendall(b"q" * 300)
        accepted.recv(300)
    time.sleep(0.3)
    for (client, accepted), at in zip(pairs, began):
        accepted.sendall(b"a" * 900)
        client.recv(900)
        truth.append((at, time.monotonic_ns()))
    time.sleep(0.2)
print(json.dumps(truth), flush=True)
sys.stdin.read()
"""


def main() -> None:
    print("of others   ours   CPU, of one core  requests  error, median")
    for strangers, ours in ((0, 0), (0, 1), (0, 10), (0, 100), (9000, 5)):
        print(row(strangers, ours), flush=True)


def row(strangers: int, ours: int) -> str:
    """One line of the table. Each connection has two ends, and both are sockets of this host."""
    with ExitStack() as stack:
        stack.enter_context(program(strangers, 0, 0))
        busy = stack.enter_context(program(ours, ours, WARM_UP_S + SECONDS))
        share, seen = watched(busy.pid)
        truth = json.loads(line(busy))
    asked = [one for one in settled(seen) if not one.inbound]
    errors_ms = [error / 1e6 for error in differences(asked, truth)]
    shown = f"{median(errors_ms):.1f} ms" if errors_ms else "-"
    found = f"{len(asked)}/{len(truth)}"
    return f"{2 * strangers:>9} {2 * ours:>6} {share:>18.2%} {found:>9} {shown:>14}"


@contextmanager
def program(connections: int, busy: int, seconds: float) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", PROGRAM, str(connections), str(busy), str(seconds)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        line(started)
        yield started
        started.kill()


def line(started: "subprocess.Popen[str]") -> str:
    if started.stdout is None:
        raise ValueError("a program that tells nothing")
    return started.stdout.readline()


def watched(pid: int) -> tuple[float, list[InFlight]]:
    """The share of a core that looking took once it was warm, and what was seen."""
    watcher = Watcher((), time.monotonic_ns())
    seen: list[InFlight] = []
    before_ns = 0
    for seconds in (WARM_UP_S, SECONDS):
        before_ns = time.thread_time_ns()
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            looked = watcher.look(time.monotonic_ns(), [pid])
            seen += [one for one in looked if isinstance(one, InFlight)]
            watcher.wait(time.monotonic_ns())
    share = (time.thread_time_ns() - before_ns) / (SECONDS * 1e9)
    seen += [one for one in watcher.close(time.monotonic_ns()) if isinstance(one, InFlight)]
    return share, seen


def differences(seen: list[InFlight], truth: list[tuple[int, int]]) -> Iterator[int]:
    """How far the beginning and the end of each request are from those of the nearest true one."""
    for one in seen:
        began, ended = min(truth, key=lambda real: abs(real[0] - one.start_ns))
        yield abs(one.start_ns - began)
        yield abs(one.end_ns - ended)


if __name__ == "__main__":
    main()
