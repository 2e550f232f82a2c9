"""Interpreters that tools hand words to, those in containers, and what is asked before."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool


def _tool(body: str, imports: str = "") -> Tool:
    code = f"""
import click, paramiko, subprocess
from langgraph.types import interrupt
from rich.prompt import Confirm
{imports}
from langchain_core.tools import tool

@tool
def runs(words: str):
    {body}
"""
    (found,) = deployment_of({"agent.py": code}).tools
    return found


@pytest.mark.parametrize(
    ("body", "imports", "runs"),
    [
        ("shell.run_cell(words)", "", True),
        ("shell.run_cell('1 + 1')", "", False),
        ("run_cell(words)", "", False),
        ("client.exec_command(words)", "", True),
        ("client.exec_command('uptime')", "", False),
        ("kernel.execute(words)", "import jupyter_client", True),
        ("kernel.execute(words)", "import sqlite3", False),
        ("child.sendline(words)", "import pexpect", True),
        ("child.sendline(words)", "import chat", False),
        ("subprocess.run(['tmux', 'send-keys', words])", "", True),
        ("p = subprocess.Popen(['bash'], stdin=-1)\n    p.stdin.write(words)", "", True),
        ("p = subprocess.Popen(['bc'], stdin=-1)\n    p.stdin.write(words)", "", False),
    ],
)
def test_interpreters_are_fed(
    body: str,
    imports: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    found = _tool(body, imports)

    assert ("execute" in found.effects) is runs
    assert found.sandboxed is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("body", "boxed"),
    [
        ("subprocess.run(['docker', 'exec', 'box', 'sh', '-c', words])", True),
        ("line = ['docker', 'run', '--rm', 'python', words]\n    subprocess.run(line)", True),
        ("subprocess.run(['docker', 'run', '--rm'] + [words])", True),
        ("box.exec_run(words)", True),
        ("box.exec_run(words)\n    subprocess.run(words, shell=True)", False),
        ("subprocess.run(words, shell=True)\n    box.exec_run(words)", False),
        ("subprocess.run(['docker', 'run', '--privileged', words])", False),
        ("subprocess.run(['docker', 'run', '-v', '/:/host', words])", False),
        (
            "subprocess.run(['docker', 'run', '-v', '/var/run/docker.sock:/s', words])",
            False,
        ),
        ("subprocess.run(['docker', 'build', words])", False),
        ("subprocess.run(['ssh', 'run', words])", False),
        ("subprocess.run(f'docker run {words}', shell=True)", False),
    ],
)
def test_containers_hold_what_runs_in_them(
    body: str,
    boxed: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """Not where they were started with privileges, or something runs beside them."""
    found = _tool(body)

    assert "execute" in found.effects
    assert (found.sandboxed is Truth.YES) is boxed


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("input('run? ')", True),
        ("Confirm.ask(words)", True),
        ("click.confirm(words)", True),
        ("interrupt({'run': words})", True),
        ("words.input()", False),
        ("confirm(words)", False),
    ],
)
def test_somebody_may_be_asked_by_the_tool_itself(
    question: str,
    asked: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    found = _tool(f"if not {question}:\n        return\n    subprocess.run(words, shell=True)")

    assert (found.approval is Truth.YES) is asked


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("f'duckdb {PATH} -c .tables'", False),
        ("f'duckdb {PATH} -c {words}'", True),
        ("f'python {PATH}'", True),
        ("f'{PATH} --version'", True),
        ("f'duck{PATH}'", True),
        ("made()", True),
    ],
)
def test_a_line_without_words_of_the_model_runs_none_if_its_program_does_not(
    line: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    assert ("execute" in _tool(f"subprocess.run({line}, shell=True)").effects) is runs
