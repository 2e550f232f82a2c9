"""Recording a target, for the commands that do: probes are picked here and handed to a session."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from agentaudit import __version__
from agentaudit.cli.injection import injections
from agentaudit.cli.listeners import instrumented, listeners
from agentaudit.cli.live import live, load_live
from agentaudit.cli.probes import (
    Options,
    fork_events,
    load_probes,
    network_observers,
    probes_of,
)
from agentaudit.cli.targets import Attach, Launch, Repeat, Target, pid_of
from agentaudit.cli.terminal import Terminal
from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from agentaudit.model.recording import Opened
    from agentaudit.model.rule import LabelRules
    from agentaudit.model.trace import Target as Recorded
    from agentaudit.model.trace import Trace
    from agentaudit.probes.gpu.devices import Gpus
    from agentaudit.probes.load.observer import Load
    from agentaudit.profiling.session import Session
    from agentaudit.store.recording import RecordingWriter

STOPPED = "stopped by the user"
"""Why a recording ended that Ctrl-C or SIGTERM ended."""
_SEEN_OUT_NS = 2_000_000_000
"""At most so long is a command listened to that was told to end."""


def record(
    target: Target,
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
    rules = step_rules(options.rules, options.request_frames)
    if output.exists():
        raise UsageError(f"{output} exists already: recordings are never overwritten")
    with ExitStack() as stack:
        _record(target, duration_ns, _Way(output, rules, terminal, options), stack)
    return read_trace(output, rules)


class _Way(Struct, frozen=True):
    """Where a recording goes, who sees it, and how it is made."""

    output: Path
    rules: "LabelRules"
    terminal: Terminal
    options: Options


def _record(target: Target, duration_ns: int | None, way: _Way, stack: ExitStack) -> None:
    load_probes()
    load_live(way.terminal)
    from agentaudit.probes.processes.launched import ending, spent_ns
    from agentaudit.profiling.session import TARGET_ENDED, Session

    options = way.options
    target = instrumented(target, options.listening)
    network = network_observers(options)
    forks, unheard = fork_events(stack)
    heard = listeners(target, options.listening, way.rules, stack)
    before_ns = time.monotonic_ns()
    pid, load = _begun(target, options, heard.environment, stack)
    injected = injections(pid, way.rules.frames, stack) if options.inject else ()
    others = (*network, *injected, *heard.observers, *((load,) if load else ()))
    probes, gpus = probes_of(pid, forks, options, others, stack)
    if isinstance(target, Launch):
        probes = replace(probes, spent_ns=partial(spent_ns, pid))
    opened = _opened(pid, target, gpus, options)
    if opened.target.launched:  # all that it ever uses was used since then
        opened = replace(opened, start_ns=before_ns)
    writer = _writer(way.output)
    try:
        with (
            writer as sink,
            _asked_to_stop() as asked,
            live(way.terminal, way.rules, f"process {pid}", duration_ns) as shown,
        ):
            session = Session(probes, shown.over(sink), shown.watch)
            session.open(opened, [*unheard, *heard.missing])
            until_ns = None if duration_ns is None else opened.start_ns + duration_ns
            because = session.run(until_ns, lambda: _reason(asked, options, load))
            if isinstance(target, Launch) and because != TARGET_ENDED:
                _see_out(pid, session, load)
            ours = isinstance(target, Launch) and because == TARGET_ENDED
            session.close(f"{because}{ending(pid)}" if ours else because)
    except OSError as error:
        raise IncompleteError(
            f"the recording into {way.output} ended early: {error.strerror};"
            " what was written until then is kept"
        ) from error


def _see_out(pid: int, session: "Session", load: "Load | None") -> None:
    """A command of ours is told to end while it is still heard: its last spans come then."""
    from agentaudit.probes.processes.launched import ask_to_end

    if load is not None:
        session.dismiss(load)
    ask_to_end(pid)
    session.run(time.monotonic_ns() + _SEEN_OUT_NS, lambda: "")


def _reason(asked: Callable[[], bool], options: Options, load: "Load | None") -> str:
    """Why the recording ends now; nothing while it goes on."""
    if asked() or (options.stopped is not None and options.stopped()):
        return STOPPED
    return "the load was done" if load is not None and load.done else ""


def _begun(
    target: Target, options: Options, environment: Mapping[str, str], stack: ExitStack
) -> "tuple[int, Load | None]":
    """
    The process to record, and the load that was asked for, ready to begin; both end with the stack.

    Runs of a command are the children of whoever makes the load.
    """
    from agentaudit.cli.load import LoadOptions, plan_of
    from agentaudit.probes.load.observer import Load

    if isinstance(target, Repeat):
        load = Load(plan_of(options.load or LoadOptions(), target.command), environment)
        stack.callback(lambda: load.close(time.monotonic_ns()))
        return load.pid, load
    plan = plan_of(options.load) if options.load is not None else None
    pid = pid_of(target, stack, environment)
    if plan is None:
        return pid, None
    load = Load(plan)
    stack.callback(lambda: load.close(time.monotonic_ns()))
    return pid, load


def _writer(output: Path) -> "RecordingWriter":
    from agentaudit.store.recording import RecordingWriter

    try:
        return RecordingWriter(output)
    except OSError as error:
        if not isinstance(error, FileExistsError):
            with suppress(OSError):  # what a full disk left of it holds nothing
                output.unlink()
        raise UsageError(f"{output}: cannot be written: {error.strerror}") from error


def _opened(pid: int, target: Target, gpus: "Gpus", options: Options) -> "Opened":
    from agentaudit.model.recording import Opened
    from agentaudit.probes import host

    return Opened(
        tool_version=__version__,
        start_ns=time.monotonic_ns(),
        rate_hz=float(options.rate_hz),
        host=host.host(gpus.names, gpus.note),
        target=described(pid, launched=not isinstance(target, Attach)),
    )


def described(pid: int, *, launched: bool) -> "Recorded":
    """The process to be recorded, its command line without what its own words call a secret."""
    from agentaudit.extract.credentials.redaction import cleaned
    from agentaudit.probes import host

    found = host.target(pid, launched=launched)
    return replace(found, command=cleaned(found.command))


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
