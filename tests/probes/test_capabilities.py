"""What can be measured, and what would make the rest possible."""

import os
import subprocess
from pathlib import Path

import pytest

from agentaudit.probes import capabilities as probed
from agentaudit.probes.capabilities import capabilities


def test_of_ourselves_counters_and_stacks_can_be_read() -> None:
    found = {capability.name: capability for capability in capabilities(os.getpid())}

    assert found["CPU counters"].available
    assert found["Python stacks"].available
    assert all(capability.gives for capability in found.values())


def test_what_is_missing_says_how_to_get_it() -> None:
    for capability in capabilities(4194305):
        assert capability.available != bool(capability.enable)


def test_a_process_that_is_no_python_has_no_stacks() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        found = {capability.name: capability for capability in capabilities(program.pid)}
        program.kill()

    assert "runs no Python" in found["Python stacks"].found


@pytest.mark.parametrize(
    ("scope", "user", "available"), [(0, 1000, True), (1, 0, True), (1, 1000, False)]
)
def test_yama_restricts_all_but_root(  # noqa: PLR0917 -- fixtures and parameters
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scope: int,
    user: int,
    available: bool,  # noqa: FBT001 -- a parameter
) -> None:
    (tmp_path / "ptrace_scope").write_text(f"{scope}\n")
    monkeypatch.setattr(probed, "_PTRACE_SCOPE", tmp_path / "ptrace_scope")
    monkeypatch.setattr(os, "geteuid", lambda: user)

    stacks = next(found for found in capabilities(None) if found.name == "Python stacks")

    assert stacks.available is available
    assert ("ptrace_scope" in stacks.enable) is not available


def test_without_py_spy_there_are_no_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probed, "find_pyspy", lambda: None)

    stacks = next(found for found in capabilities(None) if found.name == "Python stacks")

    assert (stacks.available, stacks.enable) == (False, "pip install py-spy")
