"""
What an import of spans costs: `python benchmarks/imported_spans.py`, a table of docs/accuracy.md.

Writes spans as the Collector's file exporter would: an agent that serves sixteen requests at once,
with model calls that two instrumentations tell of, tools, memory and retrieval. Then it measures
`agentaudit trace import` and `agentaudit trace show`, each in a process of its own.
"""

import argparse
import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from programs import run

MS = 1_000_000
START_NS = 1_700_000_000_000 * MS
AT_ONCE = 16
SPANS_A_BODY = 512
"""What an exporter sends at a time."""

SIZES = (100_000, 200_000, 400_000)

Span = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of span below the root of a request."""

    name: str
    mean_ms: float
    attributes: Mapping[str, str | int]
    again: str = ""
    """The name under which a second instrumentation tells of it, within the first span."""


_CHAT = Operation(
    "chat gpt-4o-mini",
    1800,
    {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 1200,
        "gen_ai.usage.output_tokens": 150,
        "server.address": "api.example.com",
        "gen_ai.input.messages": "what nobody reads " * 20,
    },
    again="openai.chat",
)
_SEARCH = Operation(
    "execute_tool web_search",
    700,
    {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "web_search"},
)
_RETRIEVE = Operation("retrieve", 90, {"openinference.span.kind": "RETRIEVER"})
_REQUEST = (_RETRIEVE, _CHAT, _SEARCH, _CHAT, _SEARCH, _CHAT)
_ROOT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "researcher"}


@dataclass(slots=True)
class Agent:
    """What sixteen users make it do, in the order in which the requests end."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 -- made up
    ids: int = 0

    def spans(self) -> Iterator[Span]:
        free_ns = [START_NS + self.chance.randrange(8_000 * MS) for _ in range(AT_ONCE)]
        while True:
            user = free_ns.index(min(free_ns))
            *inner, root = self._request(free_ns[user])
            yield from inner
            yield root
            free_ns[user] = int(str(root["endTimeUnixNano"])) + self.chance.randrange(500 * MS)

    def _request(self, at_ns: int) -> Iterator[Span]:
        trace, root = self._id(32), self._id(16)
        started_ns = at_ns
        for operation in _REQUEST:
            at_ns += self.chance.randrange(MS, 30 * MS)
            end_ns = at_ns + int(self.chance.expovariate(1 / operation.mean_ms) * MS) + MS
            told = self._id(16)
            if operation.again:
                inner = (at_ns + MS // 10, end_ns - MS // 10)
                again = _span((trace, self._id(16), told), operation.again, inner)
                yield {**again, "attributes": _told(operation.attributes)}
            span = _span((trace, told, root), operation.name, (at_ns, end_ns))
            yield {**span, "attributes": _told(operation.attributes)}
            at_ns = end_ns
        span = _span((trace, root, ""), "invoke_agent researcher", (started_ns, at_ns + MS))
        yield {**span, "attributes": _told(_ROOT)}

    def _id(self, digits: int) -> str:
        self.ids += 1
        return f"{self.ids:0{digits}x}"


def _span(ids: tuple[str, str, str], name: str, extent_ns: tuple[int, int]) -> Span:
    return {
        "traceId": ids[0],
        "spanId": ids[1],
        "parentSpanId": ids[2],
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(extent_ns[0]),
        "endTimeUnixNano": str(extent_ns[1]),
    }


def _told(attributes: Mapping[str, str | int]) -> list[object]:
    return [
        {
            "key": key,
            "value": {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)},
        }
        for key, value in attributes.items()
    ]


def write(path: Path, spans: int) -> None:
    """So many spans, as many a line as an exporter sends."""
    service = {"key": "service.name", "value": {"stringValue": "researcher"}}
    made = islice(Agent().spans(), spans)
    with path.open("w") as file:
        while body := list(islice(made, SPANS_A_BODY)):
            told = {
                "resource": {"attributes": [service]},
                "scopeSpans": [{"scope": {"name": "researcher"}, "spans": body}],
            }
            file.write(json.dumps({"resourceSpans": [told]}) + "\n")


def used(*arguments: str | Path) -> tuple[float, float]:
    """CPU seconds of `agentaudit` with these arguments, and its highest memory in MiB."""
    command = (sys.executable, "-m", "agentaudit", "-q", *map(str, arguments))
    done = run(command, Path(), said=sys.stderr.fileno())
    if done.code:
        raise SystemExit(done.code)
    return done.cpu_s, done.peak_mib


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--spans", type=int, action="append", help="may be given more than once")
    parser.add_argument("--keep", type=Path, help="a folder to write into, and keep")
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| spans | file, MB | import, CPU s | import, MiB | show, CPU s | show, MiB |")
    print("|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for spans in asked.spans or SIZES:
            path = (asked.keep or Path(folder)) / f"spans-{spans}.jsonl"
            recording = path.with_suffix(".aatrace")
            write(path, spans)
            import_s, import_mib = used("trace", "import", path, "-o", recording)
            show_s, show_mib = used("trace", "show", recording)
            print(
                f"| {spans:,} | {path.stat().st_size / 1e6:.0f} | {import_s:.1f} |"
                f" {import_mib:.0f} | {show_s:.1f} | {show_mib:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
