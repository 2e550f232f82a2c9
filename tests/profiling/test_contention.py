"""How threads of the tree came by the cores, from what the kernel counted."""

import pytest

from agentaudit.model.columns import Readings
from agentaudit.model.contention import Contention
from agentaudit.model.recording import ProcessBorn, ProcessGone
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.contention import contention, place_queueing
from agentaudit.profiling.families import families_of
from agentaudit.profiling.forked_work import Owners
from agentaudit.profiling.labels import Label
from agentaudit.profiling.pieces import Piece

MS = 1_000_000
SECOND = 1_000 * MS


def ticks(cpu_ms: float, queue_ms: float, *, until_ms: int = 1000, from_ms: int = 0) -> Readings:
    """A reading every 25 ms."""
    readings = Readings()
    for at_ms in range(from_ms, until_ms, 25):
        spent = round(cpu_ms * MS), round(queue_ms * MS)
        readings.add(at_ms * MS, (at_ms + 25) * MS, *spent)
    return readings


def measured(*threads: Readings, cores: int = 2) -> tuple[Contention, ...]:
    return contention({(1, tid): of for tid, of in enumerate(threads)}, cores, 0, SECOND)


def test_threads_that_never_wait_have_nobody_beside_them() -> None:
    found = measured(ticks(25, 0))

    assert [stretch.others for stretch in found] == [0.0, 0.0]
    assert sum(stretch.cpu_ns for stretch in found) == SECOND


def test_half_a_core_each_for_one_of_ours_is_three_of_others_on_two_cores() -> None:
    found = measured(ticks(12.5, 12.5))

    assert [stretch.others for stretch in found] == pytest.approx([3.0, 3.0], rel=1e-3)


def test_ours_that_wait_for_each_other_wait_for_no_others() -> None:
    """Four that share two cores."""
    found = measured(*[ticks(12.5, 12.5)] * 4)

    assert [stretch.others for stretch in found] == pytest.approx([0.0, 0.0], abs=0.01)


def test_a_thread_that_is_woken_for_a_moment_does_not_say_how_cores_are_shared() -> None:
    found = measured(ticks(12.5, 12.5), ticks(0.1, 20))

    assert [stretch.others for stretch in found] == pytest.approx([2.2, 2.2], rel=1e-2)


def test_little_use_makes_long_stretches() -> None:
    """Nothing but its last 50 ms tell of the first half second."""
    found = measured(ticks(25, 0, from_ms=900))

    assert [(stretch.start_ns, stretch.end_ns) for stretch in found] == [(0, SECOND)]


def test_a_wait_lies_before_the_reading_that_counts_it() -> None:
    """It is added when it is over: 600 ms in a reading of 25 ms."""
    readings = Readings()
    readings.add(875 * MS, 900 * MS, 20 * MS, 600 * MS)

    first, second = measured(readings)

    assert first.queue_ns + second.queue_ns == pytest.approx(600 * MS, abs=2)
    assert first.queue_ns > 100 * MS


def test_nothing_counted_is_nothing_told() -> None:
    assert contention({}, 2, 0, SECOND) == ()


def test_a_childs_wait_is_its_tools() -> None:
    label = Label(kind=StepKind.TOOL_CALL, name="grep", source=LabelSource.STACK)
    piece = Piece(start_ns=0, end_ns=SECOND, label=label, kind=label.kind)
    families = families_of(
        [
            ProcessBorn(at_ns=10 * MS, pid=7, parent_pid=1, parent_tid=2, name="grep"),
            ProcessGone(at_ns=900 * MS, pid=7),
        ]
    )
    readings = {(7, 7): ticks(5, 15, until_ms=100), (1, 2): ticks(1, 1)}

    place_queueing(readings, families, Owners(families, {(1, 2): [piece]}), known={1})

    assert piece.children_queue_ns == 60 * MS
