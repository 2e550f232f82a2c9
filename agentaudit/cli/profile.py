"""`agentaudit profile`: where an agent's CPU and GPU time goes, by step."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from agentaudit.cli import profile_options as said
from agentaudit.cli.after_dashes import CommandAfterDashes, after_dashes
from agentaudit.cli.checks import Compare, checks_of
from agentaudit.cli.commands import command
from agentaudit.cli.gate import FailIf
from agentaudit.cli.listeners import Listening
from agentaudit.cli.load import LoadOptions
from agentaudit.cli.probes import RATE_HZ, Options
from agentaudit.cli.recorder import record
from agentaudit.cli.samplers import SamplerChoice
from agentaudit.cli.targets import Attach, Launch, Repeat, Target, parse_duration
from agentaudit.cli.terminal import terminal_of
from agentaudit.cli.traces import step_rules
from agentaudit.errors import UsageError, with_doubt

__all__ = ["Attach", "Launch", "Options", "parse_duration", "profile", "record"]

app = command()


@app.command(cls=CommandAfterDashes)
def profile(
    context: typer.Context,
    pid: said.Pid = None,
    duration: said.Duration = "30s",
    output: said.Output = None,
    json: said.Json = None,
    compare: Compare = None,
    fail_if: FailIf = None,
    rules: said.Rules = None,
    request_frame: said.RequestFrame = None,
    rate: said.Rate = RATE_HZ,
    sampler: said.Sampler = SamplerChoice.AUTO,
    inject: said.Inject = False,
    llm_endpoint: said.LlmEndpoint = None,
    endpoint: said.Endpoint = None,
    load: said.LoadUrl = None,
    repeat: said.Repeat = False,
    load_users: said.LoadUsers = 4,
    load_rate: said.LoadRate = 0.0,
    load_requests: said.LoadRequests = 0,
    load_body: said.LoadBody = "",
    load_header: said.LoadHeader = None,
    load_timeout: said.LoadTimeout = "120s",
    otlp: said.Otlp = True,
    otlp_port: said.OtlpPort = None,
    otlp_file: said.OtlpFile = None,
    otel_instrument: said.OtelInstrument = False,
    capture_content: said.CaptureContent = False,
) -> None:
    """
    Where an agent's CPU and GPU time goes, step by step.

    Attaches to a running process without changing or stopping it, or starts a command. Stacks say
    which step a thread is in; the kernel's own counters say how much time that took, children
    included.

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

    Exit codes: 0 recorded; 1 a --fail-if holds; 2 usage, nothing was recorded; 3 what was asked for
    could not be measured, or written to its end; 4 both 1 and 3.
    """
    from agentaudit.profiling.breakdown import profile_of
    from agentaudit.report.tables.profile import render_profile
    from agentaudit.store.artifacts import write_artifact

    terminal = terminal_of(context)
    target = _asked(pid, after_dashes(context), repeat=repeat)
    if json is not None and json.is_dir():
        raise UsageError(f"--json {json} is a folder: name a file")
    checks = checks_of(fail_if, compare, lambda: step_rules(rules or (), request_frame or ()))
    how = LoadOptions(
        url=load or "",
        body=load_body,
        headers=tuple(load_header or ()),
        users=load_users,
        rate_hz=load_rate,
        requests=load_requests,
        timeout_s=(parse_duration(load_timeout, "--load-timeout") or 0) / 1e9 or 120.0,
    )
    asked_load = _load(how, asked=load is not None, repeat=repeat)
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
    code = checks.told(trace, result, terminal)
    answered = asked_load is None or (trace.load and trace.load.requests > trace.load.failed)
    silent = any(use.unread == use.looks for use in trace.endpoints)
    raise typer.Exit(int(with_doubt(code, incomplete=silent or not answered)))


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


def _load(how: LoadOptions, *, asked: bool, repeat: bool) -> LoadOptions | None:
    """The load that was asked for; None without one."""
    if asked and repeat:
        raise UsageError("--load asks a server, --repeat runs a command: name one of them")
    if asked and not how.url:
        raise UsageError("--load '' is no address: say http://127.0.0.1:8080/run")
    if asked or repeat:
        return how
    if how != LoadOptions():
        raise UsageError("--load-… says how to load: name whom, with --load URL or --repeat")
    return None


def _free_name() -> Path:
    """A name in the current folder that says when the recording was made."""
    return Path(f"agentaudit-{datetime.now(tz=UTC):%Y%m%d-%H%M%S}.aatrace")
