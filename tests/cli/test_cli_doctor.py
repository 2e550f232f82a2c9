"""`agentaudit doctor`: what can be recorded, on wide and narrow terminals and as JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from agentaudit.cli.doctor import OTLP_PORT
from agentaudit.cli.main import app
from agentaudit.cli.recorder import described
from agentaudit.model.capability import Capability
from agentaudit.probes.spans.receiver import USUAL_PORT
from agentaudit.report.tables.capability import WIDE, render_capabilities

NAMES = ("CPU counters", "fork events", "stacks: py-spy", "spans", "GPU by process", "CPU energy")


def run(*arguments: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentaudit", "doctor", *arguments],
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": str(columns)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("columns", [60, 80, 160, 240])
def test_everything_has_its_row_however_narrow_the_terminal(columns: int) -> None:
    done = run(str(os.getpid()), columns=columns)

    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    for name in NAMES:
        assert any(line.strip(" ✓✗?").startswith(name) for line in lines)


def test_the_sentence_counts_what_is_there() -> None:
    said = run(str(os.getpid())).stdout
    marks = [line.split()[0] for line in said.splitlines() if line.strip()]

    there = sum(mark == "✓" for mark in marks)
    everything = there + sum(mark in ("✗", "?") for mark in marks)
    assert said.startswith(f"Process {os.getpid()}: {there} of {everything} kinds of evidence")


def test_json_holds_the_same_for_a_machine() -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    document = json.loads(done.stdout)

    assert (document["agentaudit"], document["kind"], document["pid"]) == (1, "capabilities", None)
    names = {capability["name"] for capability in document["capabilities"]}
    assert names.issuperset(NAMES)


def test_a_process_that_does_not_exist_is_a_mistake_of_the_caller() -> None:
    done = run("4194305")

    assert done.returncode == 2
    assert "there is no process 4194305" in done.stderr


def test_a_password_on_the_command_line_is_neither_shown_nor_recorded() -> None:
    words = [sys.executable, "-S", "-c", "input()", "curl -su agent:Winter40711hummel a.example"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        done = CliRunner().invoke(app, ["doctor", str(process.pid), "--json"])
        recorded = described(process.pid, launched=False)
        process.kill()

    assert "curl -su agent:… a.example" in done.stdout
    assert recorded.command.endswith("curl -su agent:… a.example")


def test_the_port_is_that_of_a_recording() -> None:
    assert OTLP_PORT == USUAL_PORT


def test_what_a_process_is_called_rewrites_no_screen() -> None:
    hostile = Capability(
        part="process",
        name="process",
        available=None,
        gives="it",
        found="\x1b[2J[bold]agent[/nothing]",
        enable="\x1b]0;x\x07",
    )
    for width in (80, WIDE):
        console = Console(width=width, file=StringIO())
        console.print(render_capabilities([hostile], "\x1b[1mThis", width))
        shown = console.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
        assert "[/nothing]" in shown
        assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("variable", "way"),
    [("NOTHING", "docker run --pid=host"), ("KUBERNETES_SERVICE_HOST", "hostPID")],
)
def test_in_a_container_the_way_out_is_the_containers(
    needs: Callable[[str, str], str], variable: str, way: str
) -> None:
    """Seen from a real PID namespace of its own."""
    command = [needs("unshare", "util-linux"), "--pid", "--fork", "--mount-proc"]
    if os.geteuid() != 0:
        command[1:1] = ["--user", "--map-root-user"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no PID namespace may be made here")
    environment = {name: os.environ[name] for name in os.environ if "KUBERNETES" not in name}
    done = subprocess.run(
        [*command, sys.executable, "-m", "agentaudit", "doctor", "--json"],
        env={**environment, variable: "1"},
        capture_output=True,
        check=True,
    )
    found = {one["name"]: one for one in json.loads(done.stdout)["capabilities"]}

    assert (found["containers"]["available"], found["fork events"]["available"]) == (False, False)
    assert way in found["fork events"]["enable"]
    assert "hostPID" in found["containers"]["enable"]
