"""`agentaudit profile --endpoint`: pages of metrics beside a recording."""

import json
import socket
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge, start_http_server
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import ExitCode, UsageError
from agentaudit.model.observed import EndpointSample
from agentaudit.store.recording import read_recording

TARGET = ["--", sys.executable, "-c", "import time; time.sleep(2)"]


def test_what_a_server_says_of_itself_is_recorded(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    Gauge("vllm:num_requests_running", "…", registry=registry).set(3)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    recording = tmp_path / "run.aatrace"
    words = ["profile", "-o", str(recording), "--endpoint", f"127.0.0.1:{server.server_port}"]

    result = CliRunner().invoke(app, [*words, *TARGET])
    server.shutdown()
    server.server_close()
    thread.join()

    assert result.exit_code == int(ExitCode.PASS)
    records = read_recording(recording).records
    told = [record for record in records if isinstance(record, EndpointSample)]
    assert {(one.server, one.running) for one in told} == {("vllm", 3.0)}
    assert f"http://127.0.0.1:{server.server_port}/metrics (vllm)" in result.output
    assert "running 3 (3 at most)" in result.output


def test_a_page_that_is_never_there_is_told_in_the_summary_and_in_the_artifact(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        place = f"127.0.0.1:{nobody.getsockname()[1]}"
    artifact = tmp_path / "profile.json"
    words = ["profile", "-o", str(tmp_path / "run.aatrace"), "--json", str(artifact)]

    result = CliRunner().invoke(app, [*words, "--endpoint", place, *TARGET])

    assert result.exit_code == int(ExitCode.INCOMPLETE)
    assert "its page could not be read (" in result.output
    assert f"not seen: how busy http://{place}/metrics was" in " ".join(result.output.split())
    (use,) = json.loads(artifact.read_text())["endpoints"]
    assert use["looks"] == use["unread"] > 0


@pytest.mark.parametrize("endpoint", ["file:///etc/passwd", "http://user:canary@h/metrics"])
def test_what_is_no_page_is_refused_without_being_shown(endpoint: str, tmp_path: Path) -> None:
    words = ["profile", "-o", str(tmp_path / "run.aatrace"), "--endpoint", endpoint]

    result = CliRunner().invoke(app, [*words, *TARGET])

    assert result.exit_code != int(ExitCode.PASS)
    assert "canary" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["--endpoint", "http://host:99999/"],
        ["--llm-endpoint", "127.0.0.1:99999"],
        ["--llm-endpoint", "127.0.0.1"],
        ["--llm-endpoint", ":80"],
    ],
)
def test_what_is_no_address_is_refused_before_anything_begins(
    words: list[str], tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    asked = ["profile", "-o", str(tmp_path / "run.aatrace"), *words, "--", "touch", str(touched)]

    result = CliRunner().invoke(app, asked)

    assert isinstance(result.exception, UsageError)
    assert not touched.exists()
