"""
Agents that do known work, and say at the end what they did: what a recording of them is held to.

    python scripted_agent.py model                                     listens, says where
    python scripted_agent.py steps --truth t.json --model 127.0.0.1:PORT --seconds 5

They need nothing but Python 3.8. Every step is a function whose name tells its kind, as projects
name them; its CPU time is the thread's own, and that of the children it waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import importlib.util
import json
import os
import random
import resource
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LINE = b"x" * 512
BUFFER = 65536


class Truth:
    """What was done, by kind of step; added up by threads and tasks alike."""

    def __init__(self) -> None:
        self.cpu_ns: Counter[str] = Counter()
        self.wall_ns: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()
        self.requests = 0
        self.children = 0
        self._lock = threading.Lock()

    def add(self, kind: str, *, cpu_ns: int, wall_ns: int) -> None:
        with self._lock:
            self.cpu_ns[kind] += cpu_ns
            self.wall_ns[kind] += wall_ns
            self.steps[kind] += 1

    @contextmanager
    def step(self, kind: str) -> Iterator[None]:
        """A step of one thread; not for tasks, which share theirs."""
        wall_ns, cpu_ns = time.monotonic_ns(), time.thread_time_ns()
        yield
        self.add(
            kind,
            cpu_ns=time.thread_time_ns() - cpu_ns,
            wall_ns=time.monotonic_ns() - wall_ns,
        )

    def written(self, file: Path) -> None:
        total = sum(
            usage.ru_utime + usage.ru_stime
            for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )
        counts = {
            "cpu_ns": dict(self.cpu_ns),
            "wall_ns": dict(self.wall_ns),
            "steps": dict(self.steps),
            "requests": self.requests,
            "children": self.children,
            "total_cpu_ns": round(total * 1e9),
        }
        file.write_text(json.dumps(counts), encoding="utf-8")


def burn(seconds: float) -> None:
    """On the CPU for so long, by this thread's own clock."""
    end_ns = time.thread_time_ns() + round(seconds * 1e9)
    while time.thread_time_ns() < end_ns:
        hashlib.sha256(LINE).digest()


class SyncAgent:
    """Threads that take requests one after the other; each does the same steps in its own order."""

    def __init__(self, truth: Truth, model: str) -> None:
        self.truth = truth
        host, _, port = model.rpartition(":")
        self.model = (host, int(port))

    def handle_request(self, chance: random.Random) -> None:
        steps: list[Callable[[float], None]] = [
            self.retrieve_passages,
            self.call_tool_in_thread,
            self.call_tool_as_child,
            self.call_llm,
            self.recall,
            self.remember,
            self.call_llm,
        ]
        chance.shuffle(steps)
        for step in steps:
            step(chance.uniform(0.02, 0.12))
            self.plan(0.01)
        self.truth.requests += 1

    def plan(self, seconds: float) -> None:
        with self.truth.step("orchestration"):
            burn(seconds)

    def retrieve_passages(self, seconds: float) -> None:
        with self.truth.step("retrieval"):
            burn(seconds)

    def recall(self, seconds: float) -> None:
        with self.truth.step("memory_read"):
            burn(seconds / 2)

    def remember(self, seconds: float) -> None:
        with self.truth.step("memory_write"):
            burn(seconds / 2)

    def call_tool_in_thread(self, seconds: float) -> None:
        with self.truth.step("tool_call"):
            burn(seconds)

    def call_tool_as_child(self, seconds: float) -> None:
        """A tool that is a process, as most are."""
        code = f"import time\nwhile time.process_time() < {seconds:.3f}: pass"
        wall_ns, own_ns = time.monotonic_ns(), time.thread_time_ns()
        child = subprocess.Popen([sys.executable, "-S", "-E", "-c", code])
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        children_ns = round((usage.ru_utime + usage.ru_stime) * 1e9)
        self.truth.add(
            "tool_call",
            cpu_ns=time.thread_time_ns() - own_ns + children_ns,
            wall_ns=time.monotonic_ns() - wall_ns,
        )
        self.truth.children += 1

    def call_llm(self, seconds: float) -> None:
        with self.truth.step("llm_inference"), socket.create_connection(self.model) as connection:
            connection.sendall(json.dumps({"seconds": 2 * seconds}).encode() + b"\n")
            while connection.recv(BUFFER):
                pass


def run_steps(asked: argparse.Namespace, truth: Truth) -> None:
    """Two threads that serve requests until the time is up."""
    agent = SyncAgent(truth, asked.model)
    end_s = time.monotonic() + asked.seconds

    def work(seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < end_s:
            agent.handle_request(chance)
            time.sleep(0.05)  # nobody asks for a moment

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(asked.users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class AsyncAgent:
    """Requests that share one thread, with tools on the loop and models awaited."""

    def __init__(self, truth: Truth, model: str, otlp: str, *, quick_tools: bool) -> None:
        self.truth = truth
        self.quick_tools = quick_tools
        host, _, port = model.rpartition(":")
        self.model = (host, int(port))
        self.otlp = otlp
        self.spans: list[dict[str, object]] = []

    async def handle_request(self, chance: random.Random) -> None:
        trace = f"{chance.getrandbits(128):032x}"
        root = f"{chance.getrandbits(64):016x}"
        start_ns = time.time_ns()
        for _ in range(2):
            await self.call_llm(chance.uniform(0.05, 0.25), (trace, root))
            await self.call_tool(chance.uniform(0.01, 0.05), (trace, root))
        await self.retrieve(chance.uniform(0.01, 0.03), (trace, root))
        self._span("invoke_agent", start_ns, (trace, ""), root)
        self.truth.requests += 1

    async def call_tool(self, seconds: float, within: tuple[str, str]) -> None:
        """Work on the loop itself: everyone else waits for it; then, a wait of its own."""
        unix_ns, wall_ns, cpu_ns = time.time_ns(), time.monotonic_ns(), time.thread_time_ns()
        call_tool_now(seconds)
        cpu_ns = time.thread_time_ns() - cpu_ns
        if not self.quick_tools:
            await asyncio.sleep(seconds)
        self.truth.add("tool_call", cpu_ns=cpu_ns, wall_ns=time.monotonic_ns() - wall_ns)
        self._span("execute_tool", unix_ns, within)

    async def retrieve(self, seconds: float, within: tuple[str, str]) -> None:
        unix_ns, wall_ns, cpu_ns = time.time_ns(), time.monotonic_ns(), time.thread_time_ns()
        retrieve_now(seconds)
        cpu_ns = time.thread_time_ns() - cpu_ns
        self.truth.add("retrieval", cpu_ns=cpu_ns, wall_ns=time.monotonic_ns() - wall_ns)
        self._span("retrieval", unix_ns, within)

    async def call_llm(self, seconds: float, within: tuple[str, str]) -> None:
        unix_ns, wall_ns = time.time_ns(), time.monotonic_ns()
        reader, writer = await asyncio.open_connection(*self.model)
        writer.write(json.dumps({"seconds": seconds}).encode() + b"\n")
        while await reader.read(BUFFER):
            pass
        writer.close()
        self.truth.add("llm_inference", cpu_ns=0, wall_ns=time.monotonic_ns() - wall_ns)
        self._span("chat", unix_ns, within)

    def _span(self, operation: str, start_ns: int, within: tuple[str, str], own: str = "") -> None:
        trace, parent = within
        attribute = {"key": "gen_ai.operation.name", "value": {"stringValue": operation}}
        self.spans.append(
            {
                "traceId": trace,
                "spanId": own or os.urandom(8).hex(),
                "parentSpanId": parent,
                "name": operation,
                "startTimeUnixNano": str(start_ns),
                "endTimeUnixNano": str(time.time_ns()),
                "attributes": [attribute],
            }
        )

    def exported(self) -> None:
        """The spans to whoever receives them, as any exporter would send them."""
        if not self.otlp or not self.spans:
            return
        pid = {"key": "process.pid", "value": {"intValue": str(os.getpid())}}
        body = {
            "resourceSpans": [
                {"resource": {"attributes": [pid]}, "scopeSpans": [{"spans": self.spans}]}
            ]
        }
        self.spans = []
        request = urllib.request.Request(
            f"{self.otlp}/v1/traces",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()


def call_tool_now(seconds: float) -> None:
    burn(seconds)


def retrieve_now(seconds: float) -> None:
    burn(seconds)


def run_async(asked: argparse.Namespace, truth: Truth) -> None:
    """So many users at once in one loop until the time is up."""
    otlp = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "") if asked.spans else ""
    agent = AsyncAgent(truth, asked.model, otlp.rstrip("/"), quick_tools=asked.quick_tools)
    end_s = time.monotonic() + asked.seconds

    async def user(seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < end_s:
            await agent.handle_request(chance)

    async def everyone() -> None:
        await asyncio.gather(*(user(seed) for seed in range(asked.users)))

    asyncio.run(everyone())
    agent.exported()


def run_children(asked: argparse.Namespace, truth: Truth) -> None:
    """Children of a millisecond, by the hundred."""
    own_ns = time.thread_time_ns()
    call_tool_as_children(asked.count)
    own_ns = time.thread_time_ns() - own_ns
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    children_ns = round((usage.ru_utime + usage.ru_stime) * 1e9)
    truth.children = asked.count
    truth.add("tool_call", cpu_ns=own_ns + children_ns, wall_ns=0)


def call_tool_as_children(count: int) -> None:
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            burn(0.001)
            os._exit(0)
        os.waitpid(pid, 0)
        time.sleep(0.002)


def run_markers(asked: argparse.Namespace, truth: Truth) -> None:
    """Steps of a few milliseconds, marked by the agent itself."""
    described = importlib.util.spec_from_file_location("markers", asked.markers)
    if described is None or described.loader is None:
        raise SystemExit(f"{asked.markers} is no module")
    markers = importlib.util.module_from_spec(described)
    described.loader.exec_module(markers)
    chance = random.Random(1)
    end_s = time.monotonic() + asked.seconds
    kinds = ("tool_call", "retrieval", "memory_read", "memory_write")
    while time.monotonic() < end_s:
        kind = chance.choice(kinds)
        with markers.step(kind, "scripted"), truth.step(kind):
            work(chance.uniform(0.001, 0.005))
        truth.requests += 1


def work(seconds: float) -> None:
    burn(seconds)


def run_busy(asked: argparse.Namespace, truth: Truth) -> None:
    """On the CPU all the time; what is neither that nor waiting for a core, others took from it."""
    before = schedule()
    start_ns = time.monotonic_ns()
    truth.steps["loops"] = call_tool_again(start_ns + round(asked.seconds * 1e9), 27)
    wall_ns = time.monotonic_ns() - start_ns
    cpu_ns, queue_ns = (after - first for after, first in zip(schedule(), before))
    truth.add("tool_call", cpu_ns=cpu_ns, wall_ns=wall_ns)
    truth.wall_ns["stopped"] = max(wall_ns - cpu_ns - queue_ns, 0)


def call_tool_again(end_ns: int, depth: int) -> int:
    """As deep a stack as agents have; says how much it got done."""
    if depth:
        return call_tool_again(end_ns, depth - 1)
    loops = 0
    while time.monotonic_ns() < end_ns:
        loops += 1
        for _ in range(500):
            hashlib.sha256(LINE).digest()
    return loops


def schedule() -> tuple[int, int]:
    """Nanoseconds on the CPU, and ready without one, of the main thread."""
    with open("/proc/thread-self/schedstat", encoding="ascii") as file:
        on_cpu, waiting, _ = file.read().split()
    return int(on_cpu), int(waiting)


class Model(socketserver.StreamRequestHandler):
    """Answers after as long as it was asked to take."""

    def handle(self) -> None:
        line = self.rfile.readline(BUFFER)
        if line:
            time.sleep(min(float(json.loads(line)["seconds"]), 10.0))
            self.wfile.write(b'{"answer": "done"}\n')


class ModelServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def run_model() -> None:
    """Listens until standard input ends, and so never outlives whoever started it."""
    server = ModelServer(("127.0.0.1", 0), Model)
    print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while os.read(0, 1024):
        pass


SCENARIOS: dict[str, Callable[[argparse.Namespace, Truth], None]] = {
    "steps": run_steps,
    "async": run_async,
    "children": run_children,
    "markers": run_markers,
    "busy": run_busy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Agents that do known work.")
    parser.add_argument("scenario", choices=[*SCENARIOS, "model"])
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--model", default="127.0.0.1:0")
    parser.add_argument("--markers", default="")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--users", type=int, default=2)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--orderly", action="store_true", help="end as programs do")
    parser.add_argument("--quick-tools", action="store_true")
    parser.add_argument("--spans", action="store_true")
    asked = parser.parse_args()
    if asked.scenario == "model":
        run_model()
        return
    truth = Truth()
    SCENARIOS[asked.scenario](asked, truth)
    if asked.truth:
        truth.written(asked.truth)
        if not asked.orderly:
            os._exit(0)  # what an interpreter does to end is no part of the truth


if __name__ == "__main__":
    main()
