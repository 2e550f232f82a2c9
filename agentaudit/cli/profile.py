"""`agentaudit profile`: where an agent's CPU and GPU time goes, by step."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from agentaudit.cli.after_dashes import after_dashes
from agentaudit.cli.checks import Compare, checks_of
from agentaudit.cli.gate import FailIf
from agentaudit.cli.listeners import Listening
from agentaudit.cli.load import MOST_USERS, LoadOptions
from agentaudit.cli.probes import RATE_HZ, Options
from agentaudit.cli.recorder import record, step_rules
from agentaudit.cli.samplers import SamplerChoice
from agentaudit.cli.targets import Attach, Launch, Repeat, Target, parse_duration
from agentaudit.cli.terminal import terminal_of
from agentaudit.errors import UsageError

__all__ = ["Attach", "Launch", "Options", "parse_duration", "profile", "record"]


def profile(
    context: typer.Context,
    pid: Annotated[
        int | None, typer.Option("--pid", "-p", help="A running process to attach to.")
    ] = None,
    duration: Annotated[
        str, typer.Option("--duration", "-d", help="How long: 500ms, 30s, 5m; 0 is until the end.")
    ] = "30s",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The recording (*.aatrace).")
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="The breakdown as an artifact (profile.json).")
    ] = None,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="A folder with rules of your own.")
    ] = None,
    request_frame: Annotated[
        list[str] | None,
        typer.Option(
            "--request-frame", help="file.py:function that serves one request, where none is known."
        ),
    ] = None,
    llm_endpoint: Annotated[
        list[str] | None,
        typer.Option("--llm-endpoint", help="host:port of a model that no usual port gives away."),
    ] = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(
            "--endpoint",
            help="Metrics page of an inference server (vLLM, SGLang, llama.cpp, TGI) or of a DCGM"
            " exporter, read once a second.",
        ),
    ] = None,
    rate: Annotated[
        int, typer.Option("--rate", min=1, max=1000, help="Stack samples a second.")
    ] = RATE_HZ,
    sampler: Annotated[
        SamplerChoice,
        typer.Option("--sampler", help="Who reads the stacks; auto takes what suits each process."),
    ] = SamplerChoice.AUTO,
    inject: Annotated[
        bool,
        typer.Option(
            "--inject",
            help="CPython 3.14+: known functions mark their steps exactly, until the end.",
        ),
    ] = False,
    load: Annotated[
        str | None,
        typer.Option(
            "--load", help="Ask the agent at this address meanwhile.", rich_help_panel="Load"
        ),
    ] = None,
    repeat: Annotated[
        bool,
        typer.Option(
            "--repeat",
            help="Run the command again and again: a run a request.",
            rich_help_panel="Load",
        ),
    ] = False,
    load_users: Annotated[
        int,
        typer.Option(
            "--load-users", min=1, max=MOST_USERS, help="Requests at once.", rich_help_panel="Load"
        ),
    ] = 4,
    load_rate: Annotated[
        float,
        typer.Option(
            "--load-rate",
            min=0.0,
            help="Requests a second, at random; 0: each user asks again when it was answered.",
            rich_help_panel="Load",
        ),
    ] = 0.0,
    load_requests: Annotated[
        int,
        typer.Option(
            "--load-requests",
            min=0,
            help="At most so many; the recording ends with the last. 0: no limit.",
            rich_help_panel="Load",
        ),
    ] = 0,
    load_body: Annotated[
        str,
        typer.Option(
            "--load-body",
            help="What is posted: a text, or @FILE with a body a line, in turn.",
            rich_help_panel="Load",
        ),
    ] = "",
    load_header: Annotated[
        list[str] | None,
        typer.Option(
            "--load-header",
            help="`Name: value`, or @FILE, which keeps secrets out of the command line.",
            rich_help_panel="Load",
        ),
    ] = None,
    load_timeout: Annotated[
        str,
        typer.Option("--load-timeout", help="Longest wait for an answer.", rich_help_panel="Load"),
    ] = "120s",
    otlp: Annotated[
        bool,
        typer.Option(
            "--otlp/--no-otlp",
            help="Receive spans of OpenTelemetry on this machine.",
            rich_help_panel="Spans and markers",
        ),
    ] = True,
    otlp_port: Annotated[
        int | None,
        typer.Option(
            "--otlp-port",
            min=0,
            max=65535,
            help="Where spans are received: 4318 for a process that runs, any free port (0) for a"
            " command, which is told of it.",
            rich_help_panel="Spans and markers",
        ),
    ] = None,
    otlp_file: Annotated[
        list[Path] | None,
        typer.Option(
            "--otlp-file",
            help="Spans as a file exporter writes them, one JSON a line; read at the end.",
            rich_help_panel="Spans and markers",
        ),
    ] = None,
    otel_instrument: Annotated[
        bool,
        typer.Option(
            "--otel-instrument",
            help="Start the command with opentelemetry-instrument.",
            rich_help_panel="Spans and markers",
        ),
    ] = False,
    capture_content: Annotated[
        bool,
        typer.Option(
            "--capture-content",
            help="Keep prompts, arguments and results that spans hold. Without it nothing of them"
            " is stored.",
            rich_help_panel="Spans and markers",
        ),
    ] = False,
    compare: Compare = None,
    fail_if: FailIf = None,
) -> None:
    """
    Where an agent's CPU and GPU time goes: by kind of step, by request, children included.

    Attaches to a running process without changing or stopping it, or starts a command. Stacks say
    which step a thread is in; the kernel's own counters say how much time that took.

    \b
    Examples:
      agentaudit profile --pid 4242
      agentaudit profile --pid 4242 --duration 2m -o run.aatrace --json profile.json
      agentaudit profile --pid 4242 --endpoint http://gpu-host:8000/metrics
      agentaudit profile --pid 4242 --request-frame app/worker.py:Worker.handle
      agentaudit profile -- python agent.py --question "why is checkout slow?"
      agentaudit profile --otel-instrument -- python agent.py
      agentaudit profile --pid 4242 --otlp-port 4319 --otlp-file spans.jsonl
      agentaudit profile --pid 4242 --load http://127.0.0.1:8080/run --load-body @tasks.jsonl
      agentaudit profile --repeat --load-users 8 --load-requests 100 -- python agent.py
      agentaudit profile --pid 4242 --compare old.aatrace --fail-if 'cpu_share > 0.6'

    Ctrl-C ends the recording and keeps it. `agentaudit trace show run.aatrace` shows it again.
    """
    from agentaudit.profiling.breakdown import profile_of
    from agentaudit.report.profile_table import render_profile
    from agentaudit.store.artifacts import write_artifact

    terminal = terminal_of(context)
    target = _asked(pid, after_dashes(context), repeat=repeat)
    checks = checks_of(fail_if, compare, lambda: step_rules(rules or (), request_frame or ()))
    asked_load = None
    if load is not None and repeat:
        raise UsageError("--load asks a server, --repeat runs a command: name one of them")
    if load is not None or repeat:
        asked_load = LoadOptions(
            url=load or "",
            body=load_body,
            headers=tuple(load_header or ()),
            users=load_users,
            rate_hz=load_rate,
            requests=load_requests,
            timeout_s=(parse_duration(load_timeout, "--load-timeout") or 0) / 1e9 or 120.0,
        )
    path = output or _free_name()
    trace = record(
        target,
        duration_ns=parse_duration(duration),
        output=path,
        terminal=terminal,
        options=Options(
            rate_hz=rate,
            sampler=sampler,
            inject=inject,
            rules=tuple(rules or ()),
            request_frames=tuple(request_frame or ()),
            endpoints=tuple(llm_endpoint or ()),
            scraped=tuple(endpoint or ()),
            load=asked_load,
            listening=Listening(
                otlp=otlp,
                port=otlp_port,
                files=tuple(otlp_file or ()),
                capture=capture_content,
                instrument=otel_instrument,
            ),
        ),
    )
    result = profile_of(trace, path.name)
    terminal.out.print(render_profile(result))
    if json is not None:
        write_artifact(result, json)
    terminal.note(f"recording: {path}" + (f", breakdown: {json}" if json else ""))
    raise typer.Exit(int(checks.told(trace, result, terminal)))


def _asked(pid: int | None, command: Sequence[str] | None, *, repeat: bool) -> Target:
    if (pid is None) == (not command):
        raise UsageError(
            "name one target: a running process with --pid PID, or a command to start after --"
        )
    if repeat:
        if not command:
            raise UsageError("--repeat runs a command: name it after --")
        return Repeat(command=tuple(command))
    return Attach(pid=pid) if pid is not None else Launch(command=tuple(command or ()))


def _free_name() -> Path:
    """A name in the current folder that says when the recording was made."""
    return Path(f"agentaudit-{datetime.now(tz=UTC):%Y%m%d-%H%M%S}.aatrace")
