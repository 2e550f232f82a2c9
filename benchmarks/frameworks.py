"""
What recordings tell of real agents on real frameworks, beside what those agents say of themselves.

    python benchmarks/frameworks.py                     installs what is missing, once, and runs all
    python benchmarks/frameworks.py openai strands      some of them
    python benchmarks/frameworks.py --install-only openai anthropic

Each row is one agent of framework_agents/ in a virtual environment of its own: six questions, each
of them two model calls with a tool of 0.2 s CPU between, or as much work with a store. It is
recorded as a user would, `agentaudit profile -- python agent.py`; the model is a stub on loopback.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from framework_catalogue import (
    AGENTS,
    CATALOGUE,
    Entry,
    catalogue,
    installed,
    usual_folder,
    version_of,
)
from model_stub import Model, listening

from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.model.trace import Step, StepKind, Trace

OWN_RULES = AGENTS / "own_rules"
LIMIT_S = 120.0
QUIET = {
    "AGNO_TELEMETRY": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_API_KEY": "none-is-needed",
    "REDIS_SERVER": shutil.which("redis-server") or "redis-server",
}
"""Nothing is sent anywhere; the libraries that ask for a key get one that opens nothing."""

_NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was seen, and what was true, within the time of the agent's questions."""

    name: str
    version: str
    requests: int
    true_requests: int
    model_calls: int
    """Questions that the model was asked."""
    model_ns: int
    true_model_ns: int
    cpu_ns: Mapping[str, int]
    true_cpu_ns: Mapping[str, int]
    wall_ns: Mapping[str, int]
    true_wall_ns: Mapping[str, int]
    attributed: float
    """Share of the CPU time that is of a known kind."""
    evidence: Mapping[str, float]
    """Share of the model calls' time by what labelled it."""


def main() -> int:
    arguments = _arguments()
    entries = [
        entry for entry in catalogue() if not arguments.names or entry.name in arguments.names
    ]
    unknown = set(arguments.names) - {entry.name for entry in entries}
    if unknown:
        sys.exit(f"not in {CATALOGUE.name}: {', '.join(sorted(unknown))}")
    missing = dict(installed(entries, arguments.venvs))
    if arguments.install_only:
        for name, why in missing.items():
            print(f"{name}: {why}", file=sys.stderr)
        return 1 if missing else 0
    rows: list[Row] = []
    failed = dict(missing)
    print(_heading(), flush=True)
    for entry in entries:
        if entry.venv in missing:
            print(f"{entry.name:24} not installed: {missing[entry.venv]}", flush=True)
            continue
        try:
            row = measured(entry, arguments.venvs, arguments.requests, arguments.crunch_s)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            print(f"{entry.name:24} not recorded: {error}", flush=True)
            failed[entry.name] = str(error)
            continue
        rows.append(row)
        print(_line(row), flush=True)
    if arguments.json is not None:
        text = json.dumps([asdict(row) for row in rows], indent=1)
        arguments.json.write_text(text, encoding="utf-8")
    return 1 if failed else 0


def measured(entry: Entry, venvs: Path, requests: int, crunch_s: float) -> Row:
    """One agent, recorded from its first to its last moment."""
    with tempfile.TemporaryDirectory() as folder, listening() as model:
        recording = Path(folder) / "run.aatrace"
        asked = ["--requests", str(requests), "--crunch-s", str(crunch_s)]
        truth = _recorded(entry, venvs / entry.venv, recording, model, asked=asked)
        ours = ((OWN_RULES,), (f"{entry.agent}.py:ask",)) if entry.own else ((),)
        trace = read_trace(recording, step_rules(*ours))
    return _row(entry, version_of(venvs / entry.venv, entry.package), trace, truth, model=model)


def _recorded(
    entry: Entry, venv: Path, recording: Path, model: Model, *, asked: Sequence[str]
) -> Mapping[str, object]:
    agent = [str(venv / "bin" / "python"), str(AGENTS / f"{entry.agent}.py")]
    agent += ["--model", model.address, "--at-once", str(entry.at_once), *asked]
    command = [sys.executable, "-m", "agentaudit", "-q", "profile", "--duration", "0"]
    command += ["--llm-endpoint", model.address, "--output", str(recording)]
    command += ["--json", str(recording.with_suffix(".json"))]
    command += ["--otel-instrument"] if entry.instrument else []
    if entry.own:
        command += ["--rules", str(OWN_RULES), "--request-frame", f"{entry.agent}.py:ask"]
    environment = {**os.environ, **QUIET}
    environment["PATH"] = f"{venv / 'bin'}{os.pathsep}{environment['PATH']}"
    if entry.spans:
        environment["WITH_SPANS"] = "1"
    done = subprocess.run(
        [*command, "--", *agent],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    told = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    said = [line for line in told if line.startswith('{"start_ns"')]
    if not said:
        raise ValueError((done.stderr.strip().splitlines() or ["the agent said nothing"])[-1])
    truth = json.loads(said[-1])
    if not isinstance(truth, dict):
        raise TypeError(f"{entry.agent} says no truth: {truth!r}")
    return truth


def _row(
    entry: Entry, version: str, trace: Trace, truth: Mapping[str, object], *, model: Model
) -> Row:
    start_ns, end_ns = _number(truth, "start_ns"), _number(truth, "end_ns")
    steps = [step for step in trace.steps if step.end_ns > start_ns and step.start_ns < end_ns]
    calls = [step for step in steps if step.kind is StepKind.LLM_INFERENCE]
    cpu_ns = _by_kind(steps, {id(step): _part(step, start_ns, end_ns) for step in steps})
    total_ns = max(sum(cpu_ns.values()), 1)
    labelled: Counter[str] = Counter()
    for step in calls:
        labelled[step.source.value] += _inside(step, start_ns, end_ns)
    return Row(
        name=entry.name,
        version=version,
        requests=sum(
            start_ns <= (request.arrival_ns + request.finish_ns) // 2 < end_ns
            for request in trace.requests
        ),
        true_requests=_number(truth, "requests"),
        model_calls=model.asked(start_ns, end_ns),
        model_ns=_union(calls, start_ns, end_ns),
        true_model_ns=model.busy_ns(start_ns, end_ns),
        cpu_ns=cpu_ns,
        true_cpu_ns=_numbers(truth, "cpu_ns"),
        wall_ns={
            kind.value: _union([step for step in steps if step.kind is kind], start_ns, end_ns)
            for kind in StepKind
        },
        true_wall_ns=_numbers(truth, "wall_ns"),
        attributed=1 - cpu_ns.get(StepKind.UNKNOWN, 0) / total_ns,
        evidence={
            source: wall_ns / max(sum(labelled.values()), 1)
            for source, wall_ns in labelled.most_common()
        },
    )


def _by_kind(steps: Sequence[Step], cpu_ns: Mapping[int, int]) -> Mapping[str, int]:
    times: Counter[str] = Counter()
    for step in steps:
        times[step.kind.value] += cpu_ns[id(step)]
    return dict(times)


def _part(step: Step, start_ns: int, end_ns: int) -> int:
    """The step's CPU time within the window, as if it were spread evenly."""
    return round(step.cpu_ns * _inside(step, start_ns, end_ns) / max(step.wall_ns, 1))


def _inside(step: Step, start_ns: int, end_ns: int) -> int:
    return max(min(step.end_ns, end_ns) - max(step.start_ns, start_ns), 0)


def _union(steps: Sequence[Step], start_ns: int, end_ns: int) -> int:
    """Time within the window in which at least one of the steps went on."""
    reached_ns, length_ns = start_ns, 0
    for step in sorted(steps, key=lambda step: step.start_ns):
        done_ns = min(step.end_ns, end_ns)
        length_ns += max(done_ns - max(step.start_ns, reached_ns), 0)
        reached_ns = max(reached_ns, done_ns)
    return length_ns


def _number(truth: Mapping[str, object], name: str) -> int:
    value = truth.get(name)
    if not isinstance(value, int):
        raise TypeError(f"the agent's {name} is no number: {value!r}")
    return value


def _numbers(truth: Mapping[str, object], name: str) -> Mapping[str, int]:
    value = truth.get(name)
    return dict(value) if isinstance(value, dict) else {}


def _heading() -> str:
    """Where this ran, and the columns: seen/true."""
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f}"
    columns = (
        f"{'agent':24} {'version':9} {'requests':>9} {'model calls, s':>15} {'labelled by':22}"
    )
    return f"{where}; {when}\n\n{columns} {'tool CPU, s':>12} {'store, s':>34} {'known':>6}"


def _line(row: Row) -> str:
    tool = StepKind.TOOL_CALL.value
    evidence = " ".join(f"{source} {share:.0%}" for source, share in row.evidence.items())
    stores = " ".join(
        f"{_SHORT[kind]} {_pair(row.wall_ns.get(kind, 0), true_ns)}"
        for kind, true_ns in row.true_wall_ns.items()
        if kind in _SHORT
    )
    return (
        f"{row.name:24} {row.version:9} {f'{row.requests}/{row.true_requests}':>9}"
        f" {_pair(row.model_ns, row.true_model_ns) if row.model_calls else _NONE:>15}"
        f" {evidence or _NONE:22}"
        f" {_pair(row.cpu_ns.get(tool, 0), row.true_cpu_ns.get(tool, 0)):>12}"
        f" {stores or _NONE:>34} {row.attributed:>6.0%}"
    )


_SHORT = {
    StepKind.RETRIEVAL.value: "found",
    StepKind.MEMORY_READ.value: "read",
    StepKind.MEMORY_WRITE.value: "written",
}


def _pair(seen_ns: int, true_ns: int) -> str:
    return f"{seen_ns / 1e9:.2f}/{true_ns / 1e9:.2f}" if true_ns or seen_ns else _NONE


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Recordings of real frameworks, and their truth.")
    parser.add_argument("names", nargs="*", help="Rows; all of them where none is named.")
    parser.add_argument(
        "--venvs", type=Path, default=usual_folder(), help="Where they are installed."
    )
    parser.add_argument("--requests", type=int, default=6, help="Questions to each agent.")
    parser.add_argument(
        "--crunch-s", type=float, default=0.2, help="CPU seconds that a tool works for."
    )
    parser.add_argument("--install-only", action="store_true", help="Install, and do nothing else.")
    parser.add_argument("--json", type=Path, help="The rows as data.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
