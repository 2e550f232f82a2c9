"""`agentaudit doctor`: a line for everything that can be measured."""

import os

from typer.testing import CliRunner

from agentaudit.cli.main import app


def test_everything_has_its_line_and_missing_things_their_remedy() -> None:
    done = CliRunner().invoke(app, ["doctor", str(os.getpid())])

    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    for name in ("CPU counters", "fork events", "Python stacks", "GPU", "CPU energy"):
        assert any(name in line for line in lines)
    missing = sum(line.startswith("✗") for line in lines)
    assert done.stdout.count("to enable:") == missing
