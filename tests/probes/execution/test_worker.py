"""Workers do units of work, and account for the CPU time of it."""

import threading

import pytest

from agentaudit.probes.execution.messages import DONE, TASK, channel, packet
from agentaudit.probes.execution.tools import TOOLS, Tool, prepared, tool_of
from agentaudit.probes.execution.worker import work


@pytest.mark.parametrize("tool", Tool)
def test_ten_times_the_work_takes_more_cpu_time(tool: Tool) -> None:
    ours, theirs = channel()
    worker = threading.Thread(target=work, args=(theirs, {tool: prepared(tool)}))
    worker.start()
    answers = []
    for units in (1, 30, 300):
        ours.send(TASK.pack(TOOLS.index(tool), units))
        answers.append(packet(ours, DONE))
    ours.close()
    worker.join()
    theirs.close()
    _, few, many = (answer[2] for answer in answers if answer)

    assert 0 < few < many


def test_a_name_that_is_no_kind_of_work_is_a_loop() -> None:
    assert tool_of("regex") is Tool.REGEX
    assert tool_of("summarise") is Tool.INTERPRETER


def test_a_worker_ends_when_nobody_takes_its_answer() -> None:
    ours, theirs = channel()
    ours.send(TASK.pack(TOOLS.index(Tool.INTERPRETER), 1))
    ours.close()
    work(theirs, {Tool.INTERPRETER: prepared(Tool.INTERPRETER)})
    theirs.close()
