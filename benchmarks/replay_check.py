"""
Records the sample agent under load, replays each recording, and compares latencies.

    python benchmarks/replay_check.py [--seconds 20] [--keep DIR]
    python benchmarks/replay_check.py RECORDING…

The agent is recorded in threads and on asyncio, asked by users who wait for their answers and at
random instants, by few and by many. Each recording is simulated as it came, on as many cores, with
nothing adjusted to make the two agree. "Alone" leaves out what the kernel counted of waits for
cores, as if nothing had run beside the agent; it says how much of the latency is contention.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from agentaudit.cli.demo import running_sample
from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.model.trace import Trace
from agentaudit.model.workload import Machine
from agentaudit.simulation.experiments.recorded import Reproduction, reproduction
from agentaudit.simulation.machines.machine import host_machine
from agentaudit.simulation.recordings.beside import background_course
from agentaudit.simulation.recordings.replay import workloads_of

USERS = 16
QUESTIONS = 300
SERVICES = ("checkout", "billing", "search", "identity", "delivery", "pricing")
RESEARCH = ("Which incidents hit {}, and what was their cause?", "What is the trend of {}?")
CHAT = ("Why did {} feel slow on Monday?", "Should we buy more machines for {}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A way to run the sample agent, and the load on it: users who wait, or a rate."""

    name: str
    variant: str
    users: int = USERS
    rate_hz: float = 0.0


SCENARIOS = tuple(
    Scenario(name=f"{name} {load}", variant=variant, users=users, rate_hz=rate_hz)
    for name, variant in (("threads", "server.py"), ("asyncio", "async_server.py"))
    for load, users, rate_hz in (
        ("users:2", 2, 0.0),
        ("users:8", 8, 0.0),
        ("poisson:1", USERS, 1.0),
        ("poisson:3", USERS, 3.0),
    )
)


def bodies() -> Iterator[str]:
    """Questions to the agent, half of them research, the same in every recording."""
    draw = random.Random(1)  # noqa: S311, a workload, not a secret
    for number in range(QUESTIONS):
        kind = draw.choice(("research", "chat"))
        texts = RESEARCH if kind == "research" else CHAT
        question = draw.choice(texts).format(draw.choice(SERVICES))
        session = f"user-{number % USERS}"
        yield json.dumps({"type": kind, "question": question, "session": session})


def recorded(scenario: Scenario, seconds: float, folder: Path) -> Path:
    """A recording of the sample, in a folder."""
    output = folder / f"{scenario.name.replace(' ', '-').replace(':', '')}.aatrace"
    questions = folder / "bodies.txt"
    questions.write_text("\n".join(bodies()))
    with running_sample(load_s=0, variant=scenario.variant) as sample:
        command = [sys.executable, "-m", "agentaudit", "-q", "profile", "--pid", str(sample.pid)]
        command += ["--duration", f"{seconds:g}s", "-o", str(output)]
        command += ["--load", f"{sample.agent_url}/run", "--load-body", f"@{questions}"]
        command += ["--load-users", str(scenario.users)]
        command += ["--load-rate", str(scenario.rate_hz)] if scenario.rate_hz else []
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return output


def checked(trace: Trace, machine: Machine) -> Reproduction:
    _, loaded = workloads_of(trace, source="", gpu=machine.gpu)
    return reproduction(trace, machine, loaded)


def row(name: str, trace: Trace) -> str:
    now = checked(trace, host_machine(trace))
    alone = replace(trace, contention=())
    before = checked(alone, replace(host_machine(alone), background=0.0))
    beside = [threads for _, threads in background_course(trace)]
    return (
        f"{name:20} {len(now.recorded_ns):8} {sum(beside) / max(len(beside), 1):7.1f}"
        f"  {_compared(now, 50)}  {_compared(now, 90)}"
        f"  {_error(before, 50):+6.0%} {_error(before, 90):+6.0%}"
    )


def _compared(found: Reproduction, percent: int) -> str:
    recorded_ns, simulated_ns = found.at(percent)
    error = _error(found, percent)
    return f"{recorded_ns / 1e6:8,.0f} {simulated_ns / 1e6:9,.0f} {error:+6.0%}"


def _error(found: Reproduction, percent: int) -> float:
    recorded_ns, simulated_ns = found.at(percent)
    return simulated_ns / max(recorded_ns, 1) - 1


def main() -> None:
    parser = argparse.ArgumentParser(description="Replays beside what was recorded.")
    parser.add_argument("recordings", type=Path, nargs="*", help="made before; else they are made")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--keep", type=Path, help="folder for the recordings")
    asked = parser.parse_args()
    rules = step_rules([])
    print("                                        P50 ms                    P90 ms")
    print("agent, load          requests  beside  recorded simulated  error", end="")
    print("  recorded simulated  error  alone: P50, P90")
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for recording in asked.recordings:
            print(row(recording.stem, read_trace(recording, rules)), flush=True)
        for scenario in () if asked.recordings else SCENARIOS:
            output = recorded(scenario, asked.seconds, folder)
            print(row(scenario.name, read_trace(output, rules)), flush=True)


if __name__ == "__main__":
    main()
