"""What agents tell of their own steps, and how those that we start learn whom to tell."""

import os
import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.cli.targets import Attach, Target
from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.model.rule import LabelRules
    from agentaudit.model.trace import Incident
    from agentaudit.probes.spans.otlp import Reading
    from agentaudit.probes.spans.receiver import SpanReceiver
    from agentaudit.profiling.session import Observer

_INSTRUMENT = "opentelemetry-instrument"


class Listening(Struct, frozen=True, kw_only=True):
    """To what a recording listens."""

    otlp: bool = True
    port: int | None = None
    """None: the usual one for a process that runs already, any free one for a command."""
    files: tuple[Path, ...] = ()
    """Where an exporter writes spans; read when the recording ends."""
    capture: bool = False
    """Whether prompts, arguments and results in spans are kept."""
    instrument: bool = False
    """Whether a command is started by the automatic instrumentation of OpenTelemetry."""


class Listeners(Struct, frozen=True, kw_only=True):
    """Whoever listens, what a command is to be started with, and what is missing."""

    observers: "tuple[Observer, ...]" = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: "tuple[Incident, ...]" = ()


def listeners(target: Target, asked: Listening, rules: "LabelRules", stack: ExitStack) -> Listeners:
    """Ready to listen before the target begins; closed with the stack."""
    from agentaudit.probes.markers.heard import Markers
    from agentaudit.probes.spans.otlp import Reading, kind_keys
    from agentaudit.probes.spans.otlp_file import SpanFiles

    attached = isinstance(target, Attach)
    for file in asked.files:
        if file.is_dir() or not file.parent.is_dir():
            raise UsageError(f"--otlp-file {file}: this cannot be a file with spans")
    markers = Markers()
    stack.callback(lambda: markers.close(time.monotonic_ns()))
    found: list[Observer] = [markers]
    environment = {} if attached else dict(markers.environment)
    missing: list[Incident] = []
    reading = Reading(
        kinds=kind_keys([rule.attribute for rule in rules.spans]), capture=asked.capture
    )
    if asked.files:
        found.append(SpanFiles(asked.files, reading))
    if asked.otlp:
        receiver = _receiver(asked, reading, stack, attached=attached)
        found.append(receiver)
        missing += receiver.moved(time.monotonic_ns())
        if not attached:
            told = receiver.environment(os.environ)
            missing += () if told else (_elsewhere(),)
            environment |= told
    return Listeners(observers=tuple(found), environment=environment, missing=tuple(missing))


def instrumented(target: Target, asked: Listening) -> Target:
    """The command with the automatic instrumentation before it, where that was asked for."""
    if not asked.instrument:
        return target
    if isinstance(target, Attach):
        raise UsageError("--otel-instrument starts a command: a running process is as it is")
    program = shutil.which(_INSTRUMENT)
    if program is None:
        raise UsageError(
            f"{_INSTRUMENT} is not installed: pip install opentelemetry-distro and the"
            " instrumentations of the agent's libraries where the agent is installed"
        )
    command = (program, *target.command)
    return replace(target, command=command)


def _receiver(
    asked: Listening, reading: "Reading", stack: ExitStack, *, attached: bool
) -> "SpanReceiver":
    from agentaudit.probes.spans.receiver import USUAL_PORT, SpanReceiver

    port = asked.port if asked.port is not None else USUAL_PORT if attached else 0
    receiver = SpanReceiver(port, reading)
    stack.callback(lambda: receiver.close(time.monotonic_ns()))
    return receiver


def _elsewhere() -> "Incident":
    from agentaudit.model.trace import Incident

    return Incident(
        at_ns=time.monotonic_ns(),
        probe="spans",
        what="the environment sends spans elsewhere already, and that was left as it is",
        lost="the command's spans; --otlp-file reads what its exporter or collector writes",
    )
