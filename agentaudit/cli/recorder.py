"""Recording a target, for the commands that do: probes are picked here and handed to a session."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from agentaudit import __version__
from agentaudit.cli.targets import Attach, Launch, pid_of
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from agentaudit.model.recording import Opened
    from agentaudit.model.rule import StepRule
    from agentaudit.model.trace import Incident, Trace
    from agentaudit.probes.forks import ForkEvents
    from agentaudit.probes.gpu import Gpus
    from agentaudit.probes.processes import ProcessTree
    from agentaudit.probes.stacks import RollingPySpy
    from agentaudit.profiling.session import Glance, Probes
    from agentaudit.store.recording import RecordingWriter

RATE_HZ = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to record."""

    rate_hz: int = RATE_HZ
    rules: tuple[Path, ...] = ()
    """Folders with step rules, tried before those that we ship."""
    endpoints: tuple[str, ...] = ()
    """`host:port` of models that no usual port gives away."""
    stopped: Callable[[], bool] | None = None
    """Asked at every tick; the recording ends when it says so."""


def record(
    target: Attach | Launch,
    *,
    duration_ns: int | None,
    output: Path,
    terminal: Terminal,
    options: Options | None = None,
) -> "Trace":
    """
    The trace of a target, recorded into `output`; until it ends, where no duration is given.

    Ctrl-C and SIGTERM end the recording, not the program. Raises UsageError when the target cannot
    be recorded, and IncompleteError when the recording cannot be written to its end.
    """
    options = options or Options()
    rules = step_rules(options.rules)
    if output.exists():
        raise UsageError(f"{output} exists already: recordings are never overwritten")
    with ExitStack() as stack:
        _record(target, duration_ns, _Way(output, terminal, options), stack)
    return read_trace(output, rules)


def step_rules(folders: Sequence[Path]) -> "tuple[StepRule, ...]":
    """The user's step rules, and ours after them."""
    from agentaudit.rules.steps import load_step_rules
    from agentaudit.store.shipped import shipped

    return load_step_rules([*folders, shipped("rules") / "steps"])


def read_trace(recording: Path, rules: "Sequence[StepRule]") -> "Trace":
    """The trace of a recording on disk, also while it grows."""
    from agentaudit.profiling.attribution import trace_of
    from agentaudit.store.recording import read_recording

    return trace_of(read_recording(recording), rules)


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a recording goes, who sees it, and how it is made."""

    output: Path
    terminal: Terminal
    options: Options


def _record(target: Attach | Launch, duration_ns: int | None, way: _Way, stack: ExitStack) -> None:
    from agentaudit.probes.gpu import Gpus
    from agentaudit.probes.processes import open_tree
    from agentaudit.profiling.session import Session

    endpoints = _resolved(way.options.endpoints)
    forks, incidents = _forks()
    if forks is not None:
        stack.callback(forks.close)
    pid = pid_of(target, stack)
    _allow_open_files()
    tree = open_tree(pid, forks)
    stack.callback(tree.close)
    gpus = Gpus()
    stack.callback(gpus.close)
    stacks, missing = _stacks(pid, way.options.rate_hz)
    if stacks is not None:  # an early end leaves no sampler behind; after the session, none runs
        stack.callback(lambda: stacks.close(time.monotonic_ns()))
    probes = _probes(tree, gpus, stacks, endpoints)
    opened = _opened(pid, target, gpus, way.options)
    writer = _writer(way.output)
    try:
        with (
            writer as sink,
            _asked_to_stop() as asked,
            _shown(way.terminal, duration_ns) as watch,
        ):
            session = Session(probes, sink, watch)
            session.open(opened, [*incidents, *missing])
            until_ns = None if duration_ns is None else opened.start_ns + duration_ns
            stopped = way.options.stopped or bool
            session.close(session.run(until_ns, lambda: asked() or stopped()))
    except OSError as error:
        raise IncompleteError(
            f"the recording into {way.output} ended early: {error.strerror};"
            " what was written until then is kept"
        ) from error


def _allow_open_files() -> None:
    """As many as we may: each thread and process that is watched keeps one open."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _writer(output: Path) -> "RecordingWriter":
    from agentaudit.store.recording import RecordingWriter

    try:
        return RecordingWriter(output)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}") from error


def _forks() -> "tuple[ForkEvents | None, Sequence[Incident]]":
    from agentaudit.model.trace import Incident
    from agentaudit.probes.forks import ForkEvents

    try:
        return ForkEvents(), ()
    except OSError as error:
        return None, (
            Incident(
                at_ns=time.monotonic_ns(),
                probe="forks",
                what=f"the kernel does not tell us of forks ({error.strerror})",
                lost="children that live less than a moment are counted, but not named",
            ),
        )


def _stacks(pid: int, rate_hz: int) -> "tuple[RollingPySpy | None, Sequence[Incident]]":
    from agentaudit.model.trace import Incident
    from agentaudit.probes.pyspy import find_pyspy
    from agentaudit.probes.stacks import RollingPySpy

    program = find_pyspy()
    if program is not None:
        return RollingPySpy(program, rate_hz, pid), ()
    return None, (
        Incident(
            at_ns=time.monotonic_ns(),
            probe="stacks",
            what="py-spy is not installed",
            lost="the steps: time is counted, but not told apart",
        ),
    )


def _probes(
    tree: "ProcessTree", gpus: "Gpus", stacks: "RollingPySpy | None", endpoints: frozenset[str]
) -> "Probes":
    from agentaudit.probes.energy import PackageEnergy
    from agentaudit.probes.host import SystemLoad, clock_pair
    from agentaudit.probes.sockets import model_peers
    from agentaudit.profiling.session import Probes

    return Probes(
        tree=tree,
        stacks=stacks,
        devices=gpus,
        packages=PackageEnergy(),
        system_busy=SystemLoad().busy,
        model_peers=lambda pid: model_peers(pid, endpoints),
        clock_ns=time.monotonic_ns,
        clock_pair=clock_pair,
        sleep_s=time.sleep,
    )


def _resolved(endpoints: Sequence[str]) -> frozenset[str]:
    from agentaudit.probes.sockets import resolved

    found: set[str] = set()
    for endpoint in endpoints:
        try:
            found.update(resolved(endpoint))
        except (OSError, ValueError) as error:
            raise UsageError(f"--llm-endpoint {endpoint}: {error}; give host:port") from error
    return frozenset(found)


def _opened(pid: int, target: Attach | Launch, gpus: "Gpus", options: Options) -> "Opened":
    from agentaudit.model.recording import Opened
    from agentaudit.probes import host

    return Opened(
        tool_version=__version__,
        start_ns=time.monotonic_ns(),
        rate_hz=float(options.rate_hz),
        host=host.host(gpus.names, gpus.note),
        target=host.target(pid, launched=isinstance(target, Launch)),
    )


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came; outside the main thread, nobody can ask that way."""
    import threading

    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _shown(terminal: Terminal, duration_ns: int | None) -> "Iterator[Callable[[Glance], None]]":
    """Progress on standard error."""
    total_s = None if duration_ns is None else duration_ns / 1e9
    with terminal.progress("recording", total_s) as bar:

        def watch(glance: "Glance") -> None:
            what = (
                f"recording · {glance.busy_cores:.1f} cores · {glance.processes} processes"
                f" · {glance.rss_bytes / 2**20:.0f} MiB"
            )
            bar.update(bar.task_ids[0], completed=glance.elapsed_ns / 1e9, description=what)

        yield watch
