"""`agentaudit profile`: spans and markers are recorded, and nothing that people said in them."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.listeners import Listening, instrumented
from agentaudit.cli.main import app
from agentaudit.cli.targets import Attach, Launch
from agentaudit.errors import UsageError
from agentaudit.model.observed import Marked, SpanSeen
from agentaudit.model.recording import Recording
from agentaudit.model.trace import Incident
from agentaudit.probes.spans.dialects import CONTENT
from agentaudit.store.recording import read_recording

CANARY = "canary-5d2e"
KEYS = [f"{prefix.rstrip('.')}.x" for prefix in CONTENT]
AGENT = f"""
import agentaudit, time
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider(resource=Resource.create({{"secret": "{CANARY}"}}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("agent")
attributes = {{"gen_ai.operation.name": "chat"}} | {{key: "{CANARY}" for key in {KEYS!r}}}
with tracer.start_as_current_span("chat m?q={CANARY}", attributes=attributes) as span:
    span.add_event("{CANARY}", {{"gen_ai.prompt": "{CANARY}"}})
    with agentaudit.step("tool_call", "marked"):
        time.sleep(0.5)
with tracer.start_as_current_span("ponder", attributes={{"gen_ai.operation.name": "ponder"}}):
    pass
provider.shutdown()
"""


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(app, ["profile", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def recorded(folder: Path, *options: str, agent: str = AGENT) -> tuple[Recording, Result]:
    path = folder / "run.aatrace"
    done = run("-d", "60s", "-o", str(path), *options, "--", sys.executable, "-c", agent)
    return read_recording(path), done


def spans(recording: Recording) -> dict[str, SpanSeen]:
    return {item.name: item for item in recording.records if isinstance(item, SpanSeen)}


def incidents(recording: Recording) -> str:
    return "\n".join(item.what for item in recording.records if isinstance(item, Incident))


@pytest.fixture(autouse=True)
def _no_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who runs the tests exports spans."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


def test_spans_and_markers_of_a_command_are_in_its_recording_and_no_content(
    tmp_path: Path,
) -> None:
    recording, done = recorded(tmp_path)

    told = spans(recording)
    (marked,) = [item for item in recording.records if isinstance(item, Marked)]
    assert set(told) == {"chat m", "ponder"}
    assert told["chat m"].pid == marked.pid == recording.opened.target.pid
    assert told["chat m"].content == ()
    assert (marked.name, marked.open) == ("marked", False)
    assert marked.end_ns - marked.start_ns >= 400_000_000
    assert CANARY.encode() not in (tmp_path / "run.aatrace").read_bytes()
    assert "gen_ai.operation.name=ponder (1)" in " ".join(done.output.split())


def test_content_is_kept_when_it_is_asked_for_and_nothing_else_is(tmp_path: Path) -> None:
    recording, _ = recorded(tmp_path, "--capture-content")

    content = spans(recording)["chat m"].content
    assert {item.key for item in content} == {*KEYS, "gen_ai.prompt"}
    assert {item.value for item in content} == {CANARY}
    assert b'"secret"' not in (tmp_path / "run.aatrace").read_bytes()


def test_spans_of_a_file_are_read_when_the_recording_ends(tmp_path: Path) -> None:
    now_ns = time.time_ns()
    span = {
        "traceId": "ab" * 16,
        "spanId": "cd" * 8,
        "name": "from a file",
        "startTimeUnixNano": str(now_ns),
        "endTimeUnixNano": str(now_ns + 3600 * 10**9),
    }
    line = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    (tmp_path / "spans.jsonl").write_text(f"{line}\nnoise\n")
    file = str(tmp_path / "spans.jsonl")

    recording, _ = recorded(tmp_path, "--no-otlp", "--otlp-file", file, agent="pass")

    assert set(spans(recording)) == {"from a file"}
    assert "spans.jsonl:2: it is no JSON of OTLP" in incidents(recording)


def test_a_command_whose_spans_go_elsewhere_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    agent = "import os; assert os.environ['OTEL_EXPORTER_OTLP_ENDPOINT'].endswith(':9')"

    recording, done = recorded(tmp_path, agent=agent)

    assert done.exit_code == 0
    assert "the environment sends spans elsewhere already" in incidents(recording)


@pytest.mark.parametrize("file", [".", "no/such/folder/spans.jsonl"])
def test_a_file_that_cannot_be_is_told_before_anything_begins(tmp_path: Path, file: str) -> None:
    with pytest.raises(UsageError, match="--otlp-file"):
        recorded(tmp_path, "--otlp-file", str(tmp_path / file))

    assert not list(tmp_path.glob("*.aatrace"))


def test_the_instrumentation_is_put_before_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "opentelemetry-instrument"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    asked = Listening(instrument=True)
    launch = Launch(command=("python", "agent.py"))

    monkeypatch.setenv("PATH", str(tmp_path))
    assert instrumented(launch, asked) == Launch(command=(str(program), "python", "agent.py"))
    assert instrumented(launch, Listening()) is launch
    with pytest.raises(UsageError, match="a running process is as it is"):
        instrumented(Attach(pid=1), asked)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="pip install opentelemetry-distro"):
        instrumented(launch, asked)
