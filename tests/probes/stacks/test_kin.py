"""Our own interpreter, seen by itself."""

import os
import subprocess
import sys
import threading

import pytest

from agentaudit.probes.stacks.kin import sees_itself, walker_of
from agentaudit.probes.stacks.layouts import VERSIONS
from agentaudit.probes.stacks.walker import Place
from tests.probes.programs import Start

known = pytest.mark.skipif(sys.version_info[:2] not in VERSIONS, reason="nobody knows this one")


@known
def test_it_sees_of_itself_what_the_interpreter_says() -> None:
    assert sees_itself()


@known
def test_another_process_of_the_same_kind_is_seen(start: Start) -> None:
    program = start("import sys\ndef waits():\n print('ready')\n sys.stdin.read()\nwaits()")

    (only,) = walker_of(program.pid, list).threads()

    assert only.thread_id == program.pid
    assert [place.funcname for place in only.frame_info][-2:] == ["waits", "<module>"]


@known
def test_threads_are_told_by_the_kernels_numbers() -> None:
    numbers = {one.thread_id for one in walker_of(os.getpid(), tuple[Place, ...]).threads()}

    assert {thread.native_id for thread in threading.enumerate()} <= numbers


def test_a_process_of_another_kind_is_refused() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        with pytest.raises(LookupError, match="does not have our interpreter loaded"):
            walker_of(program.pid, tuple)
        program.kill()
