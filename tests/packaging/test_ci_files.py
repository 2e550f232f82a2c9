"""The hook and the action that others use: their own words, run as a code host would run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agentaudit.rules.fakes import fake

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOK = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]
BIN = Path(sys.executable).parent


def lint_step(tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The action's second step, in a folder with a key in it, as bash of the runner runs it."""
    where = tmp_path / "workspace"
    where.mkdir(exist_ok=True)
    server = {"command": "a", "env": {"OPENAI_API_KEY": fake("openai_key")}}
    (where / ".mcp.json").write_text(json.dumps({"mcpServers": {"a": server}}))
    given = {name: item["default"] for name, item in ACTION["inputs"].items()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "AUDITED": given["path"],
        "ARGUMENTS": given["args"],
        "FAIL_ON": given["fail-on"],
        "SARIF": given["sarif"],
        "TOOL": str(BIN / "agentaudit"),
        "SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "step"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    script = tmp_path / "step.sh"
    script.write_text(ACTION["runs"]["steps"][1]["run"])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({}, 1), ({"fail_on": "never"}, 0), ({"args": "--select=memory\n\n--exit-zero"}, 0)],
)
def test_the_action_writes_sarif_and_a_summary_and_ends_as_lint_does(
    tmp_path: Path, inputs: dict[str, str], code: int
) -> None:
    done = lint_step(tmp_path, **inputs)

    assert done.returncode == code, done.stderr
    assert (tmp_path / "workspace" / "agentaudit.sarif").read_text().startswith("{")
    step = (tmp_path / "step").read_text()
    assert step.startswith("## agentaudit lint")
    assert step == (tmp_path / "summary.md").read_text()
    assert (tmp_path / "output").read_text() == "sarif=agentaudit.sarif\n"


def test_inputs_of_the_action_are_arguments_and_never_script(tmp_path: Path) -> None:
    done = lint_step(tmp_path, args="--ignore=$(touch pwned)", path="`touch pwned`")

    assert done.returncode == 2
    assert not (tmp_path / "workspace" / "pwned").exists()


def test_arguments_of_the_action_may_be_indented(tmp_path: Path) -> None:
    done = lint_step(tmp_path, args="  --select=memory  \n\t--exit-zero\n", path=" . ")

    assert done.returncode == 0, done.stderr


def test_an_argument_with_its_value_behind_a_blank_is_told_how_to_write_it(tmp_path: Path) -> None:
    done = lint_step(tmp_path, args="--fail-on high")

    assert done.returncode == 2
    assert done.stdout.startswith("::error::")
    assert "--diff=origin/main" in done.stdout


def test_nothing_of_before_passes_for_what_the_action_found(tmp_path: Path) -> None:
    """An earlier step's summary, or a file that the repository brings, had been shown as ours."""
    (tmp_path / "workspace").mkdir()
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "workspace" / "agentaudit.sarif").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "summary.md").write_text("No findings.")

    failed = lint_step(tmp_path, path="nowhere")

    assert failed.returncode == 2
    assert not (tmp_path / "workspace" / "agentaudit.sarif").exists()
    assert not (tmp_path / "step").exists()
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_the_action_shows_the_findings_in_its_log(tmp_path: Path) -> None:
    assert ".mcp.json:1:" in lint_step(tmp_path).stdout


def test_the_action_writes_no_other_format_in_place_of_sarif(tmp_path: Path) -> None:
    done = lint_step(tmp_path, sarif="findings.json")

    assert (done.returncode, done.stdout[:9]) == (2, "::error::")
    assert not (tmp_path / "workspace" / "findings.json").exists()


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"path": " \n"}, "the input path is empty"),
        ({"sarif": "a\nb.sarif"}, "one file name on one line"),
    ],
)
def test_an_input_that_is_empty_or_two_lines_is_an_error(
    tmp_path: Path, inputs: dict[str, str], told: str
) -> None:
    done = lint_step(tmp_path, **inputs)

    assert done.returncode == 2
    assert told in done.stdout


def test_the_action_names_no_file_that_it_did_not_write(tmp_path: Path) -> None:
    assert lint_step(tmp_path, fail_on="hihg").returncode == 2
    assert not (tmp_path / "output").exists()


def test_the_action_calls_no_other_and_puts_no_input_into_a_script() -> None:
    steps = ACTION["runs"]["steps"]

    assert ACTION["runs"]["using"] == "composite"
    assert all("${{" not in step["run"] and step["shell"] == "bash" for step in steps)
    assert all("uses" not in step for step in steps)


def test_the_hook_runs_a_command_that_there_is() -> None:
    assert HOOK["entry"].split() == ["agentaudit", "lint"]
    assert HOOK["language"] == "python"
    assert HOOK["pass_filenames"] is False
