"""The experiments of `agentaudit selftest`: claims about a recording, each of them checked."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentaudit.cli.scripted import (
    Bench,
    agent,
    begun,
    ended,
    recorded,
    recorder,
    version,
    waited_for,
)
from agentaudit.errors import AgentAuditError, IncompleteError

if TYPE_CHECKING:
    from agentaudit.model.accuracy import Check
    from agentaudit.model.trace import Trace
    from agentaudit.profiling.accuracy import Truth

_BEGINNING_S = 2.0
"""What a recorder may take until it is at work."""


def experiments() -> Mapping[str, Callable[[Bench], "Sequence[Check]"]]:
    """By name, in the order in which they are run."""
    return {
        "children": _children,
        "threads": _threads,
        "spans": _spans,
        "sockets": _sockets,
        "markers": _markers,
        "cost": _cost,
        "crash": _crash,
    }


def run(name: str, bench: Bench) -> "Sequence[Check]":
    """The checks of one experiment; one that could not be made is a check of unknown outcome."""
    from agentaudit.profiling.accuracy import Claim

    try:
        return experiments()[name](bench)
    except AgentAuditError as error:
        return [
            Claim(group=name, text="the experiment can be made", limit=0, unit="").unknown(
                str(error)
            )
        ]


def _children(bench: Bench) -> "Sequence[Check]":
    from agentaudit.profiling.accuracy import cpu_shares, cpu_total

    trace, truth = recorded(bench, "children")
    return [
        cpu_total("children", trace, truth, limit=1.0),
        cpu_shares("children", trace, truth, limit=3.0),
    ]


def _threads(bench: Bench) -> "Sequence[Check]":
    return _whole("threads", *recorded(bench, "steps"))


def _spans(bench: Bench) -> "Sequence[Check]":
    return _whole("spans", *recorded(bench, "async", "--users", "5", "--spans"))


def _whole(group: str, trace: "Trace", truth: "Truth") -> "Sequence[Check]":
    """What is claimed where stacks or spans show all that an agent does."""
    from agentaudit.profiling.accuracy import cpu_shares, cpu_total, requests, wall_shares

    return [
        cpu_total(group, trace, truth, limit=1.0),
        cpu_shares(group, trace, truth, limit=3.0),
        wall_shares(group, trace, truth, limit=3.0),
        requests(group, trace, truth, limit=5.0),
    ]


def _sockets(bench: Bench) -> "Sequence[Check]":
    """
    The same agent, of whose requests nobody tells, with a loop that has time to read its answers.

    In one that has none, an answer waits to be read: a span counts that as the call, a connection
    does not.
    """
    from agentaudit.profiling.accuracy import cpu_shares, wall_shares

    trace, truth = recorded(bench, "async", "--users", "3", "--quick-tools")
    return [
        cpu_shares("sockets", trace, truth, limit=10.0),
        wall_shares("sockets", trace, truth, limit=10.0),
    ]


def _markers(bench: Bench) -> "Sequence[Check]":
    from agentaudit import markers
    from agentaudit.profiling.accuracy import cpu_shares, step_counts

    trace, truth = recorded(bench, "markers", "--markers", str(Path(markers.__file__)))
    return [
        step_counts("markers", trace, truth, limit=1.0),
        cpu_shares("markers", trace, truth, limit=3.0),
    ]


def _cost(bench: Bench) -> "Sequence[Check]":
    """What a recording takes: of the machine, and of the agent."""
    from agentaudit.profiling.accuracy import Claim

    alone = _stopped(bench, None)
    watched: list[float] = []
    with_us = _stopped(bench, watched)
    newest = version(bench.python) >= (3, 14)
    cpu = Claim(
        group="cost", text="the recorder's CPU", limit=3.0 if newest else 12.0, unit="% core"
    )
    slow = Claim(group="cost", text="the agent stopped", limit=1.0, unit="%")
    return [
        cpu.check("", "", watched[0]),
        slow.check(f"{alone:.2f}% alone", f"{with_us:.2f}%", max(with_us - alone, 0.0)),
    ]


def _stopped(bench: Bench, watched: list[float] | None) -> float:
    """Per cent of its time that a busy agent neither ran nor waited for a core."""
    truth_file = bench.file(".json")
    seconds = bench.seconds + _BEGINNING_S
    program = begun(agent(bench, "busy", "--truth", str(truth_file), "--seconds", f"{seconds:g}"))
    try:
        if watched is not None:
            watched.append(_share_of_core(bench, program.pid))
        waited_for(program, seconds)
    finally:
        ended(program)
    return _stopped_share(truth_file) * 100


def _stopped_share(truth_file: Path) -> float:
    try:
        wall_ns = json.loads(truth_file.read_text(encoding="utf-8"))["wall_ns"]
        return float(wall_ns["stopped"] / wall_ns["tool_call"])
    except (OSError, ValueError, KeyError, ZeroDivisionError) as error:
        raise IncompleteError("an agent ended before its time") from error


def _share_of_core(bench: Bench, pid: int) -> float:
    """Per cent of a core that a recorder uses once it is at work, its samplers included."""
    process = recorder(bench, pid, bench.file(".aatrace"))
    try:
        time.sleep(min(bench.seconds / 4, 2.0))
        before_s, start_s = _tree_cpu_s(process.pid), time.monotonic()
        time.sleep(bench.seconds / 2)
        used_s, passed_s = _tree_cpu_s(process.pid) - before_s, time.monotonic() - start_s
    finally:
        ended(process)
    return used_s / passed_s * 100


def _tree_cpu_s(pid: int) -> float:
    """CPU time of a process, of its children that live, and of those that it waited for."""
    import psutil

    total_s = 0.0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                times = member.cpu_times()
                total_s += times.user + times.system
        times = process.cpu_times()
        total_s += times.children_user + times.children_system
    return total_s


def _crash(bench: Bench) -> "Sequence[Check]":
    """A recorder that is killed, and an agent that is."""
    from agentaudit.profiling.accuracy import Claim

    output = bench.file(".aatrace")
    programs = [begun(agent(bench, "busy", "--seconds", "60"))]
    target = programs[0]
    try:
        programs.append(recorder(bench, target.pid, output))
        time.sleep(3.0)
        lost_s = _lost_s(programs[-1], output)
        stopped = _state(target.pid) not in ("R", "S", "D")
        programs.append(recorder(bench, target.pid, bench.file(".aatrace")))
        time.sleep(2.0)
        target.kill()
        code = waited_for(programs[-1], 0.0)
    finally:
        for program in programs:
            ended(program)
    killed = Claim(group="crash", text="lost by kill -9", limit=1.0, unit="s")
    stays = Claim(group="crash", text="agents left stopped", limit=0, unit="")
    whole = Claim(group="crash", text="recordings cut off", limit=0, unit="")
    return [
        killed.check("", "", lost_s),
        stays.check("", "", float(stopped)),
        whole.check("", "", float(code != 0)),
    ]


def _lost_s(recorder: "subprocess.Popen[bytes]", output: Path) -> float:
    """Kills the recorder; the time between then and the last that its recording tells of."""
    from agentaudit.profiling.selection import end_ns_of
    from agentaudit.store.recording import read_recording

    killed_ns = time.monotonic_ns()
    os.killpg(recorder.pid, signal.SIGKILL)
    recorder.wait()
    return max(killed_ns - end_ns_of(read_recording(output)), 0) / 1e9


def _state(pid: int) -> str:
    """The kernel's letter for what a process does: R, S, D, T (stopped), Z and so on."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    return text[text.rindex(")") + 2]
