"""Real processes of CPython 3.14 and newer whose functions become steps, and are left as found."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from agentaudit.model.observed import Marked
from agentaudit.model.recording import Record
from agentaudit.model.trace import Incident
from agentaudit.probes.markers import injection
from agentaudit.probes.markers.heard import Markers
from agentaudit.probes.markers.injection import Injection, InjectionError
from tests.probes.programs import Running, StartNewest, said, say

LIBRARY = """
import sys, threading, time, types
module = types.ModuleType("openai_completions")
module.__file__ = "/venv/openai/completions.py"
exec("class Completions:\\n  def create(self): return 1", module.__dict__)
sys.modules[module.__name__] = module
found = module.Completions.create
"""
COMES_AROUND = (
    LIBRARY
    + """
def answers():
    for _ in sys.stdin:
        module.Completions().create()
        print("as found" if module.Completions.create is found else "wrapped", flush=True)
threading.Thread(target=answers, daemon=True).start()
print("ready", flush=True)
while True: time.sleep(0.005)
"""
)
WAITS = (
    LIBRARY
    + """
print("ready", flush=True)
for _ in sys.stdin:
    time.sleep(0.01)
    print("as found" if module.Completions.create is found else "wrapped", flush=True)
"""
)
PATTERNS = [(r"(?:.*/)?openai/completions\.py", r".*Completions\.create", "llm_inference")]


def asked(program: Running) -> str:
    """What the program says of its own functions."""
    say(program.process, "\n")
    return said(program.process).strip()


def until(program: Running, said: str) -> None:
    while asked(program) != said:
        time.sleep(0.02)


def incidents(records: Sequence[Record]) -> list[str]:
    return [record.what for record in records if isinstance(record, Incident)]


def test_known_functions_mark_their_steps_and_are_left_as_found(start_newest: StartNewest) -> None:
    program = start_newest(COMES_AROUND)
    markers = Markers()
    records: list[Record] = []

    injected = Injection(program.pid, PATTERNS)
    until(program, "wrapped")
    while not any(isinstance(record, Marked) for record in records):
        asked(program)
        records += [*markers.look(time.monotonic_ns(), [program.pid]), *injected.look(0, ())]
    records += [*injected.close(0), *injected.close(0)]
    records += markers.close(time.monotonic_ns())

    marked = [record for record in records if isinstance(record, Marked)]
    assert {(mark.name, mark.kind.value, mark.injected, mark.pid) for mark in marked} == {
        ("Completions.create", "llm_inference", True, program.pid)
    }
    assert incidents(records) == []
    assert asked(program) == "as found"


def test_a_recorder_that_is_killed_leaves_them_as_found(start_newest: StartNewest) -> None:
    program = start_newest(COMES_AROUND)
    injected = Injection(program.pid, PATTERNS)
    until(program, "wrapped")

    process = injected._process
    assert process is not None
    assert process.stdout is not None
    process.stdout.close()

    until(program, "as found")
    assert process.wait(30) == 0


def test_a_main_thread_that_waits_undoes_it_when_it_comes_around(start_newest: StartNewest) -> None:
    program = start_newest(WAITS)
    injected = Injection(program.pid, PATTERNS)
    until(program, "wrapped")

    records = injected.close(0)

    assert incidents(records) == [f"the main thread of process {program.pid} is still in a call"]
    until(program, "as found")


def test_a_process_that_forbids_it_is_left_alone(
    start_newest: StartNewest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_DISABLE_REMOTE_DEBUG", "1")
    program = start_newest(COMES_AROUND)

    with pytest.raises(InjectionError, match=r"forbids it \(PYTHON_DISABLE_REMOTE_DEBUG"):
        Injection(program.pid, PATTERNS)

    assert asked(program) == "as found"


def test_where_no_function_is_known_it_is_said(start_newest: StartNewest) -> None:
    program = start_newest(COMES_AROUND)

    records = Injection(program.pid, [("nothing", "nothing", "tool_call")]).close(0)

    (what,) = incidents(records)
    assert "none that the rules name is loaded" in what


def test_processes_that_are_too_old_or_no_python_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        with pytest.raises(InjectionError, match="it runs no Python"):
            Injection(program.pid, PATTERNS)
        program.kill()
    monkeypatch.setattr(injection, "python_of", lambda _: "CPython 3.12")
    with pytest.raises(InjectionError, match=r"CPython 3\.12; CPython 3\.14 or newer"):
        Injection(os.getpid(), PATTERNS)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this interpreter can")
def test_an_interpreter_that_cannot_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(injection, "python_of", lambda _: "CPython 3.14")

    with pytest.raises(InjectionError, match="has no attribute 'remote_exec'"):
        Injection(os.getpid(), PATTERNS)
