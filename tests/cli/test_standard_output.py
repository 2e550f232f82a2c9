"""`-` for a file: standard output with nothing else on it, or an error of usage; never a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.errors import UsageError
from agentaudit.store.artifacts import from_json, write_artifact
from agentaudit.store.shipped import shipped
from tests.report import samples

HARDENED = shipped("sample_configs") / "hardened"
COMMANDS: dict[str, list[object]] = {
    "lint": [HARDENED],
    "threat-model": [HARDENED],
    "report": ["findings.json"],
    "simulate scheduler": ["preset:swe-agent", "--requests", "4", "--replications", "1"],
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    write_artifact(samples.hardened_lint(), Path("findings.json"))
    yield
    assert not Path("-").exists()


def run(command: str, *arguments: object) -> Result:
    words = [*command.split(), *map(str, arguments)]
    return CliRunner().invoke(app, ["--no-color", *words])


@pytest.mark.parametrize("command", COMMANDS)
def test_an_artifact_is_alone_on_standard_output(command: str) -> None:
    """What people read goes to standard error then."""
    more = ["-o", "page.html"] if command == "report" else []
    result = run(command, *COMMANDS[command], "--json", "-", *more)
    apart = run(command, *COMMANDS[command], "--json", "apart.json", *more)

    assert result.exit_code == apart.exit_code
    assert type(from_json(result.stdout.encode(), Path("-"))) is type(
        from_json(Path("apart.json").read_bytes(), Path("apart.json"))
    )
    assert apart.stdout.splitlines()[0] in result.stderr
    assert "wrote -" not in result.stderr


def test_a_format_beside_an_artifact_goes_to_standard_error() -> None:
    result = run("lint", HARDENED, "--format", "markdown", "--json", "-")

    assert json.loads(result.stdout)["kind"] == "findings"
    assert "#" in result.stderr


def test_a_page_goes_to_standard_output() -> None:
    result = run("report", "findings.json", "-o", "-")

    assert result.stdout.startswith("<!doctype html>")
    assert result.stdout.rstrip().endswith("</html>")


def test_a_baseline_goes_to_standard_output() -> None:
    result = run("lint", HARDENED, "--write-baseline", "-")
    run("lint", HARDENED, "--write-baseline", "lint.baseline")

    assert result.stdout == Path("lint.baseline").read_text()
    assert "wrote -" not in result.stderr


def test_a_threat_model_goes_where_it_goes_without_an_option() -> None:
    assert run("threat-model", HARDENED, "-o", "-").stdout == run("threat-model", HARDENED).stdout


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("lint", ["--json", "-", "-o", "-"]),
        ("lint", ["--json", "-", "--write-baseline", "-"]),
        ("threat-model", ["--json", "-", "-o", "-"]),
        ("report", ["findings.json", "--json", "-", "-o", "-"]),
    ],
)
def test_standard_output_takes_one_of_them(command: str, arguments: list[str]) -> None:
    result = run(command, *arguments)

    assert isinstance(result.exception, UsageError)
    assert "standard output takes one" in str(result.exception)


@pytest.mark.parametrize(
    "line",
    [
        "lint --baseline -",
        "profile --json - -- true",
        "profile -o - -- true",
        "audit -o - --demo",
        "simulate sweep preset:swe-agent -o -",
        "trace import spans.jsonl -o -",
    ],
)
def test_what_cannot_stand_there_is_an_error_of_usage(line: str) -> None:
    """Before anything is started or read."""
    result = run(line)

    assert isinstance(result.exception, UsageError)
    assert "name a file" in str(result.exception)
    assert sorted(path.name for path in Path().iterdir()) == ["findings.json"]


def test_every_option_for_a_file_says_whether_it_takes_a_dash() -> None:
    """A law of all commands: one that writes an artifact on its own terms takes it."""
    taking = {
        f"{name} {option.opts[0]}"
        for name, command in _commands(get_command(app), ())
        for option in command.params
        if getattr(option.type, "allow_dash", False)
    }
    artifacts = {
        f"{name} --json"
        for name, command in _commands(get_command(app), ())
        for option in command.params
        if "--json" in option.opts and hasattr(option.type, "allow_dash")
    }

    assert artifacts - taking == {"profile --json"}, "the agent that it starts prints there, too"


def _commands(group: Any, before: tuple[str, ...]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401, of a private class of typer
    context = typer.Context(group)
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        if hasattr(command, "list_commands"):
            yield from _commands(command, (*before, name))
        else:
            yield " ".join((*before, name)), command
