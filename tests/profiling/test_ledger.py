"""Counters as increments, each nanosecond once."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.recording import (
    ProcessReading,
    ProcessTime,
    ThreadReading,
    ThreadTime,
)
from agentaudit.profiling.ledger import ProcessLedger, ThreadLedger


def process(pid: int, cpu_ns: int, children_ns: int = 0, parent: int = 1) -> ProcessReading:
    return ProcessReading(
        pid=pid, parent_pid=parent, cpu_ns=cpu_ns, children_ns=children_ns, rss_bytes=0
    )


def thread(tid: int, cpu_ns: int, queue_ns: int = 0) -> ThreadReading:
    return ThreadReading(pid=7, tid=tid, cpu_ns=cpu_ns, queue_ns=queue_ns)


def test_what_was_used_before_does_not_count() -> None:
    ledger = ProcessLedger([process(7, 1000, 500)], at_ns=0)

    tick = ledger.tick([process(7, 1040, 500)], at_ns=20)

    assert (tick.since_ns, tick.at_ns) == (0, 20)
    assert tick.times == (ProcessTime(pid=7, cpu_ns=40),)


def test_a_child_read_while_it_lived_is_not_counted_again_when_it_is_reaped() -> None:
    ledger = ProcessLedger([process(7, 0)], at_ns=0)
    ledger.tick([process(7, 0), process(8, 300, parent=7)], at_ns=1)

    tick = ledger.tick([process(7, 10, children_ns=350)], at_ns=2)

    assert tick.times == (ProcessTime(pid=7, cpu_ns=10, reaped_ns=50),)
    assert ledger.total_ns == 360


def test_a_child_nobody_read_is_known_from_its_parent() -> None:
    ledger = ProcessLedger([process(7, 0)], at_ns=0)

    tick = ledger.tick([process(7, 0, children_ns=70)], at_ns=1)

    assert tick.times == (ProcessTime(pid=7, cpu_ns=0, reaped_ns=70),)


def test_a_parent_that_collects_late_is_not_charged_twice() -> None:
    ledger = ProcessLedger([process(7, 0)], at_ns=0)
    ledger.tick([process(7, 0), process(8, 300, parent=7)], at_ns=1)
    ledger.tick([process(7, 0)], at_ns=2)

    tick = ledger.tick([process(7, 0, children_ns=300)], at_ns=3)

    assert tick.times == ()
    assert ledger.total_ns == 300


def test_a_number_used_again_starts_from_nothing() -> None:
    ledger = ProcessLedger([process(7, 0), process(8, 100, parent=7)], at_ns=0)
    ledger.born(8)

    tick = ledger.tick([process(7, 0), process(8, 60, parent=7)], at_ns=1)

    assert tick.times == (ProcessTime(pid=8, cpu_ns=60),)


def test_a_number_used_again_unseen_is_known_by_its_beginning() -> None:
    """Its birth was not heard of, and it used more than the one before."""
    ledger = ProcessLedger([process(7, 0), process(8, 100, parent=7)], at_ns=0)
    threads = ThreadLedger([thread(8, 100)], at_ns=0)

    tick = ledger.tick([process(7, 0), replace(process(8, 160, parent=7), started=5)], at_ns=1)
    of_threads, gone = threads.tick([replace(thread(8, 160), started=5)], at_ns=1)

    assert tick.times == (ProcessTime(pid=8, cpu_ns=160),)
    assert of_threads.times == (ThreadTime(pid=7, tid=8, cpu_ns=160, queue_ns=0),)
    assert len(gone) == 1


def test_what_is_missing_to_an_exact_total_is_of_whoever_had_children() -> None:
    ledger = ProcessLedger([process(7, 0), process(8, 0, parent=7)], at_ns=0)
    ledger.tick([process(7, 0, children_ns=20), process(8, 5, children_ns=70, parent=7)], at_ns=1)

    missing = ledger.settle(103, at_ns=2, target=7)
    nothing = ledger.settle(90, at_ns=3, target=7)

    assert missing.times == (ProcessTime(pid=8, cpu_ns=0, reaped_ns=8),)
    assert nothing.times == ()
    assert ledger.total_ns == 103


def test_a_total_of_a_target_that_nobody_saw_alive_is_its_own() -> None:
    tick = ProcessLedger([], at_ns=0).settle(5, at_ns=1, target=7)

    assert tick.times == (ProcessTime(pid=7, cpu_ns=0, reaped_ns=5),)


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.booleans()), min_size=1, max_size=20
    )
)
def test_the_total_is_what_the_kernel_says(lives: list[tuple[int, int, bool]]) -> None:
    """Children in turn, each read or not before it is reaped: nothing is lost or doubled."""
    ledger = ProcessLedger([process(7, 0)], at_ns=0)
    collected = at_ns = 0
    for number, (early, late, seen) in enumerate(lives):
        at_ns += 1
        alive = [process(100 + number, early, parent=7)] if seen else []
        ledger.tick([process(7, 0, children_ns=collected), *alive], at_ns)
        collected += early + late
    ledger.tick([process(7, 0, children_ns=collected)], at_ns + 1)

    assert ledger.total_ns == collected


def test_threads_are_told_by_what_they_used_and_by_their_end() -> None:
    ledger = ThreadLedger([thread(1, 100, 5), thread(2, 50)], at_ns=0)

    tick, gone = ledger.tick([thread(1, 130, 9), thread(3, 20)], at_ns=10)

    assert tick.times == (
        ThreadTime(pid=7, tid=1, cpu_ns=30, queue_ns=4),
        ThreadTime(pid=7, tid=3, cpu_ns=20, queue_ns=0),
    )
    assert [(end.tid, end.at_ns) for end in gone] == [(2, 10)]


def test_a_thread_with_a_number_used_again_starts_from_nothing() -> None:
    ledger = ThreadLedger([thread(1, 100)], at_ns=0)

    tick, _ = ledger.tick([thread(1, 30)], at_ns=10)

    assert tick.times == (ThreadTime(pid=7, tid=1, cpu_ns=30, queue_ns=0),)
