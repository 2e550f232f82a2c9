"""Which processes are Python."""

import os
import re
import subprocess

from agentaudit.probes.processes.runtimes import python_of


def test_python_is_told_with_its_version() -> None:
    assert re.fullmatch(r"CPython 3\.\d+", python_of(os.getpid()) or "")


def test_other_programs_and_processes_that_are_gone_are_not_python() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        found = python_of(program.pid)
        program.kill()

    assert found is None
    assert python_of(4194305) is None
