"""Tasks are told apart where one got the address of another; connections tell of the rest."""

from agentaudit.model.observed import TaskRun
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.evidence import Story
from agentaudit.profiling.same_requests import unmatched
from agentaudit.profiling.task_numbers import numbered
from tests.profiling.observations import BARE_ASK, MS, PID, WAITING, call, run, trace_from

PLACE, ABOVE = 0x7F00, 0x8F00


def task_run(name: str, start: int, end: int, *, task: int = PLACE, parent: int = 0) -> TaskRun:
    return TaskRun(
        pid=PID, tid=PID, task=task, parent=parent, root=parent or task, name=name,
        start_ns=start * MS, end_ns=end * MS, stack=BARE_ASK,
    )  # fmt: skip


def story(start: int, end: int, source: LabelSource, pid: int = PID) -> Story:
    return Story(pid=pid, start_ns=start, end_ns=end, name="", source=source)


def test_a_task_at_the_place_of_one_that_ended_has_its_own_number() -> None:
    found = numbered(
        [
            task_run("Task-9", 3000, 4000),
            task_run("Task-1", 1000, 2000),
            task_run("Task-1", 2000, 2500),
        ]
    )

    assert [entry.task for entry in found] == [1, 1, 2]
    assert [entry.root for entry in found] == [1, 1, 2]


def test_a_task_is_awaited_by_whoever_was_at_that_place_then() -> None:
    found = numbered(
        [
            task_run("Task-1", 1000, 2000, task=ABOVE),
            task_run("Task-2", 990, 1900, parent=ABOVE),
            task_run("Task-3", 3000, 4000, task=ABOVE),
            task_run("Task-4", 3000, 3900, parent=ABOVE),
            task_run("Task-5", 4000, 4100, parent=0xDEAD),
        ]
    )
    numbers = {entry.name: entry for entry in found}

    assert numbers["Task-2"].parent == numbers["Task-1"].task
    assert numbers["Task-4"].parent == numbers["Task-3"].task
    assert numbers["Task-5"].parent == 0


def test_requests_one_after_the_other_at_one_place_are_several() -> None:
    found = trace_from(
        run(1000, 4000, WAITING),
        task_run("Task-1", 1000, 2000),
        task_run("Task-2", 2100, 3000),
    )

    assert len(found.requests) == 2
    calls = [step for step in found.steps if step.kind is StepKind.LLM_INFERENCE]
    assert [step.request_id for step in calls] == [1, 2]


def test_connections_tell_of_the_requests_whose_tasks_nobody_knows() -> None:
    found = trace_from(
        run(1000, 4000, WAITING),
        task_run("Task-1", 1000, 2000),
        call(1, 980, 2020, inbound=True),
        call(2, 2500, 3500, inbound=True),
    )

    assert [request.source for request in found.requests] == [
        LabelSource.STACK, LabelSource.SOCKET,
    ]  # fmt: skip
    first = found.requests[0]
    assert (first.arrival_ns, first.finish_ns) == (980 * MS, 2020 * MS)


def test_each_connection_is_matched_once_and_the_best_fit_first() -> None:
    task = story(0, 100, LabelSource.STACK)
    near, nearer = story(0, 80, LabelSource.SOCKET), story(0, 95, LabelSource.SOCKET)
    elsewhere = story(0, 100, LabelSource.SOCKET, pid=PID + 1)

    assert unmatched([task], [near, nearer, elsewhere]) == [near, elsewhere]


def test_a_long_connection_is_not_the_request_of_a_short_task() -> None:
    task, connection = story(0, 10, LabelSource.STACK), story(0, 100, LabelSource.SOCKET)

    assert unmatched([task], [connection]) == [connection]
    assert (task.start_ns, task.end_ns) == (0, 10)
