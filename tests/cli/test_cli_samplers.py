"""Who reads the stacks, as asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli import injection
from agentaudit.cli.main import app
from agentaudit.cli.samplers import SamplerChoice, samplers_of
from agentaudit.cli.traces import step_rules
from agentaudit.errors import UsageError
from agentaudit.probes.processes import runtimes
from agentaudit.probes.stacks import pyspy
from agentaudit.probes.stacks.newest import Newest
from agentaudit.probes.stacks.process_memory import ProcessMemory
from agentaudit.probes.stacks.rolling import PySpy
from agentaudit.probes.stacks.unwinder import Unwinder

US = os.getpid()


def names(choice: SamplerChoice) -> list[str]:
    return [sampler.name for sampler in samplers_of(choice, 100, US)]


def test_each_choice_is_what_it_says() -> None:
    assert names(SamplerChoice.PY_SPY) == [PySpy.name]
    assert names(SamplerChoice.MEMORY) == [ProcessMemory.name]
    assert names(SamplerChoice.AUTO)[:3] == [Newest.name, Unwinder.name, ProcessMemory.name]
    assert names(SamplerChoice.AUTO)[-1] == PySpy.name


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyspy, "find_pyspy", lambda: None)

    assert PySpy.name not in names(SamplerChoice.AUTO)
    with pytest.raises(UsageError, match="pip install py-spy"):
        samplers_of(SamplerChoice.PY_SPY, 100, US)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this interpreter can")
def test_an_interpreter_that_cannot_read_its_kind_is_a_wrong_choice() -> None:
    with pytest.raises(UsageError, match=rf"process {US} runs CPython 3.*take --sampler py-spy"):
        samplers_of(SamplerChoice.UNWINDER, 100, US)


def test_memory_of_an_interpreter_that_nobody_knows_is_a_wrong_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtimes, "python_of", lambda _: "CPython 3.7")

    with pytest.raises(UsageError, match=r"runs CPython 3\.7, .* is CPython 3\.8 to 3\.14"):
        samplers_of(SamplerChoice.MEMORY, 100, US)


def test_a_sampler_that_there_is_not_is_refused() -> None:
    done = CliRunner().invoke(app, ["profile", "--sampler", "magic", "-p", str(US)])

    assert done.exit_code == 2
    assert "py-spy" in done.output


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this interpreter can")
def test_markers_are_injected_into_newer_interpreters_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as program:
        asked = ["profile", "--inject", "-p", str(program.pid), "-o", str(tmp_path / "r.aatrace")]
        done = CliRunner().invoke(app, asked)
        program.communicate(b"\n")

    assert isinstance(done.exception, UsageError)
    assert "CPython 3.14 or newer lets us" in str(done.exception)


def test_rows_that_name_one_function_are_those_that_are_injected() -> None:
    rules = step_rules(()).frames

    chosen = {rule.id for rule in rules if injection._of_one(rule)}

    assert {"openai.chat.create", "anthropic.create", "langchain.tool"} <= chosen
    assert not {"langchain.chat_model", "own.agent_file", "langgraph.pregel"} & chosen
