"""What a command loads: itself, and nothing that another command is for."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from agentaudit.cli import simulate, trace
from agentaudit.cli.main import app

LIBRARIES = (
    *("asyncio", "dask", "http", "jinja2", "matplotlib", "numpy", "pandas", "psutil", "pyarrow"),
    *("_hashlib", "pydantic", "tree_sitter", "yaml"),
)
CONDITIONS = ("cel_expr_python", "google")
ANALYSES = ("linting", "profiling", "simulation", "threats")
EVERY = ("commands", "main", "standard_streams", "terminal")
RECORDING = Path(__file__).parents[1] / "store" / "format1.aatrace"
Loaded = Callable[..., set[str]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """What a fresh process has loaded at the end of a command that is not the first."""
    environment = _keeping(tmp_path_factory.mktemp("cache"))
    script = (
        "import atexit, sys; from agentaudit.__main__ import main\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    )

    def modules(*arguments: str) -> set[str]:
        command = [sys.executable, "-c", script, *arguments]
        for _ in range(2):
            run = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
        return set(run.stderr.splitlines()[-1].split())

    return modules


def _keeping(folder: Path) -> dict[str, str]:
    """An environment in which Python, and what we make at the first start, is kept in a folder."""
    kept = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder)}


def of(modules: set[str], *packages: str) -> list[str]:
    """The modules that are in these packages."""
    return sorted(
        name for name in modules if any(f"{name}.".startswith(f"{each}.") for each in packages)
    )


def ours(*parts: str) -> list[str]:
    return [f"agentaudit.{part}" for part in parts]


LINT = ("lint_comparison", "lint_configuration", "lint_fix", "lint_outputs", "lint_rules")


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (("--help",), []),
        (("--version",), []),
        (("trace", "--help"), ["trace"]),
        (("lint", "--help"), ["collection", "lint", *LINT, "outcome"]),
    ],
)
def test_help_loads_what_it_tells_of(
    loaded: Loaded, arguments: tuple[str, ...], files: list[str]
) -> None:
    """The file of the command, and nothing of what the command does."""
    found = loaded(*arguments)

    assert of(found, *LIBRARIES, *CONDITIONS, "rich") == []
    assert of(found, *ours("extract", "model", "rules", "store")) == []
    assert of(found, "agentaudit.cli") == sorted(
        ["agentaudit.cli", *ours(*(f"cli.{file}" for file in (*files, *EVERY)))]
    )


def test_lint_loads_no_other_analysis(loaded: Loaded, tmp_path: Path) -> None:
    """Nor the readers and extractors of files that are not there."""
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"a": {"command": "a"}}}')
    found = loaded("lint", str(tmp_path))

    assert "agentaudit.linting.linter" in found
    assert of(found, *LIBRARIES, *ours(*ANALYSES[1:], "probes", "model.trace")) == []
    assert (
        of(
            found,
            *ours("readers.hcl", "readers.yaml", "extract.terraform.passes", "extract.iam.grants"),
        )
        == []
    )
    assert of(found, *ours("extract.cloudformation", "extract.pipelines")) == []
    assert of(found, *ours("extract.programs", "extract.python", "extract.javascript")) == []


def test_terraform_of_one_cloud_loads_no_other(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_iam_role" "agent" { name = "agent" }')
    found = loaded("lint", str(tmp_path))

    assert "agentaudit.extract.terraform.iam" in found
    others = ("azure", "google", "google_roles", "agentcore", "planned")
    assert of(found, *ours(*(f"extract.terraform.{each}" for each in others))) == []


def test_findings_for_programs_are_written_without_what_draws_them(
    loaded: Loaded, tmp_path: Path
) -> None:
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"a": {"command": "a"}}}')

    assert of(loaded("lint", str(tmp_path), "--format", "json"), "rich", "dataclasses") == []


def test_the_engine_of_conditions_is_not_loaded_beside_documents(tmp_path: Path) -> None:
    """Each takes much memory: one is gone before the other comes."""
    settings = tmp_path / "deployed" / ".mcp.json"
    settings.parent.mkdir()
    settings.write_text('{"mcpServers": {"a": {"command": "a"}}}')
    script = (
        "import sys; from pathlib import Path\n"
        "from agentaudit.extract.deployment import read_deployment\n"
        "from agentaudit.linting.linter import lint; from agentaudit.rules.ours import lint_rules\n"
        "rules, read = lint_rules(), read_deployment([Path(sys.argv[1])]); print(*sys.modules)\n"
        "lint(read, rules); print(*sys.modules)"
    )
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", script, str(settings.parent)],
            env=_keeping(tmp_path / "cache"),
            capture_output=True,
            text=True,
            check=True,
        )
    before, after = ({*line.split()} for line in run.stdout.splitlines())

    assert of(before, *CONDITIONS) == []
    assert of(after, *CONDITIONS)


def test_a_recording_is_shown_without_what_deployments_need(loaded: Loaded) -> None:
    found = loaded("trace", "show", str(RECORDING))

    assert "agentaudit.profiling.breakdown" in found
    assert of(found, *CONDITIONS, *(one for one in LIBRARIES if one != "numpy")) == []
    assert of(found, *ours("extract", "probes", "readers", "model.facts")) == []
    assert of(found, *ours("linting", "simulation", "threats")) == []


@pytest.mark.parametrize(
    ("group", "files"),
    [
        (app, "agentaudit.cli.{}"),
        (simulate.app, "agentaudit.cli.simulate_{}"),
        (trace.app, "agentaudit.cli.trace_{}"),
    ],
)
def test_commands_are_listed_as_they_describe_themselves(group: object, files: str) -> None:
    """The line in a list is the first sentence of the command's own help."""
    listed = get_command(group).commands  # type: ignore[arg-type, attr-defined]  # a group
    for name, line in listed.items():
        module = __import__(files.format(name).replace("-", "_"), fromlist=["app"])

        assert (get_command(module.app).help or "").split("\n\n")[0] == line.help


def test_commands_are_listed_in_the_order_of_a_day() -> None:
    """Those with commands of their own among the others."""
    lines = CliRunner().invoke(app, ["--help"]).stdout.partition("Commands:\n")[2].splitlines()

    assert [line.split()[0] for line in lines[:11]] == [
        *("audit", "profile", "simulate", "lint", "threat-model"),
        *("report", "trace", "rules", "doctor", "selftest", "schema"),
    ]


@pytest.mark.parametrize(("typed", "meant"), [(("lnt",), "lint"), (("trace", "compre"), "compare")])
def test_a_slip_of_the_keys_is_answered_with_what_was_meant(
    typed: tuple[str, ...], meant: str
) -> None:
    run = CliRunner().invoke(app, typed)

    assert run.exit_code == 2
    assert f"Did you mean '{meant}'?" in run.stderr


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("agentaudit tr", ["trace"]),
        ("agentaudit trace s", ["show", "summarize"]),
        ("agentaudit lint --fo", ["--format"]),
        ("agentaudit trace export --ou", ["--output"]),
    ],
)
def test_a_shell_completes_commands_and_their_options(words: str, completed: list[str]) -> None:
    environment = {
        "_AGENTAUDIT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    run = CliRunner().invoke(app, [], env=environment, prog_name="agentaudit")

    assert run.stdout.split() == completed


WATCHED_START = """
import sys
from agentaudit.__main__ import main
command, recording = sys.argv[1:3]
loaded = []
def heard(event, details):
    began = event == "subprocess.Popen" and command in details[1]
    if began or (event == "open" and details[0] == recording):
        loaded.append({*sys.modules})
sys.addaudithook(heard)
sys.argv[1:] = ["-q", "profile", "--output", recording, "--", command]
try:
    main()
finally:
    print("new:", *sorted(loaded[1] - loaded[0]))
"""


def test_a_command_does_not_begin_before_all_is_loaded_that_watches_it(tmp_path: Path) -> None:
    """Loading takes longer than what many agents do first, and nobody would look meanwhile."""
    arguments = ["/bin/true", str(tmp_path / "true.aatrace")]

    run = subprocess.run(
        [sys.executable, "-c", WATCHED_START, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "new:" in run.stdout, run.stderr
    new = run.stdout.partition("new:")[2].split()
    assert [name for name in new if not name.startswith("encodings.")] == []
