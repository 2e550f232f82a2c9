"""What an agent does right now, as far as its recording tells so far."""

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from rich.console import Console

from agentaudit.model.observed import InFlight, LoadRequest
from agentaudit.model.recording import (
    Frame,
    Opened,
    Record,
    StackDefined,
    StackRun,
    ThreadGone,
    ThreadTick,
    ThreadTime,
)
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import CpuSample, GpuSample, Host, Incident, StepKind, Target
from agentaudit.profiling.live import LiveView, Moment
from agentaudit.report.tables.live import render_live, spark
from agentaudit.rules.steps import load_step_rules

S = 1_000_000_000
RULES = LabelRules(frames=load_step_rules([Path(__file__).parents[2] / "rules" / "steps"]))
OPENED = Opened(
    tool_version="1",
    start_ns=0,
    rate_hz=100.0,
    host=Host(name="", system="", cores=2, memory_bytes=0),
    target=Target(pid=7, command="", launched=False),
)
TOOL = (
    Frame(file="/a/tools.py", function="search"),
    Frame(file="/a/server.py", function="do_POST"),
)
PARKED = (Frame(file="/usr/lib/python3.11/selectors.py", function="EpollSelector.select"),)


def sample(at_ns: int, cpu_ns: int = S // 2) -> CpuSample:
    return CpuSample(at_ns=at_ns, cpu_ns=cpu_ns, rss_bytes=2**20, processes=3, system_busy=0.5)


def stack(number: int, frames: tuple[Frame, ...]) -> StackDefined:
    return StackDefined(stack=number, frames=frames)


def run(tid: int, start_s: float, end_s: float, number: int = 0) -> StackRun:
    return StackRun(
        pid=7, tid=tid, start_ns=round(start_s * S), end_ns=round(end_s * S), stack=number
    )


def moment(*records: Record) -> Moment:
    view = LiveView(RULES)
    for record in (OPENED, *records):
        view.add(record)
    return view.moment()


def shown(seen: Moment, what: str = "process 7") -> str:
    console = Console(width=80, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(render_live(seen, what=what, total_ns=30 * S))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_before_anything_is_known_nothing_is_claimed() -> None:
    seen = moment()

    assert (seen.threads, seen.in_flight, seen.busy_cores, seen.gpu_busy) == ((), None, (), ())
    assert "no steps seen yet" in shown(seen)


def test_threads_at_work_and_requests_in_flight() -> None:
    seen = moment(
        stack(0, TOOL),
        stack(1, PARKED),
        run(1, 0, 4),
        run(2, 2, 4),
        run(3, 0, 4, 1),
        sample(4 * S),
    )

    assert dict(seen.threads) == {StepKind.TOOL_CALL: 1.5}
    assert seen.in_flight == 2


def test_a_thread_that_ended_serves_no_request() -> None:
    gone = ThreadGone(at_ns=3 * S, pid=7, tid=1)
    seen = moment(stack(0, TOOL), gone, run(1, 0, 4), run(2, 0, 4), sample(4 * S))

    assert seen.in_flight == 1
    assert dict(seen.threads) == {StepKind.TOOL_CALL: 7 / 4}


def test_a_thread_without_a_known_step_counts_while_it_uses_the_cpu() -> None:
    worked = ThreadTick(
        since_ns=0, at_ns=S, times=(ThreadTime(pid=7, tid=3, cpu_ns=5, queue_ns=0),)
    )

    asleep = moment(stack(0, PARKED), run(3, 0, 4), sample(4 * S))
    awake = moment(stack(0, PARKED), worked, run(3, 0, 4), sample(4 * S))

    assert asleep.threads == ()
    assert [threads for _, threads in awake.threads] == [1.0]


@given(st.lists(st.integers(0, 2 * S), min_size=2, max_size=400))
def test_cpu_is_what_the_samples_say_of_the_last_minute(used: Sequence[int]) -> None:
    seen = moment(*(sample((at + 1) * S, cpu_ns) for at, cpu_ns in enumerate(used)))

    assert seen.busy_cores == tuple(cpu_ns / S for cpu_ns in used[1:][-239:])
    assert seen.elapsed_ns == len(used) * S


def test_what_is_over_is_forgotten() -> None:
    view = LiveView(RULES)
    for record in (OPENED, stack(0, TOOL)):
        view.add(record)
    for second in range(2000):
        view.add(run(second % 10, second, second + 1))
        view.add(ThreadGone(at_ns=(second + 1) * S, pid=7, tid=second))
        view.add(sample((second + 1) * S))
        view.moment()

    assert len(view._runs) < 20
    assert len(view._gone) < 20


@given(st.lists(st.floats(-1, 10), max_size=100), st.floats(0, 4))
def test_sparks_are_one_mark_a_value(values: Sequence[float], full: float) -> None:
    assert len(spark(values, full)) == min(len(values), 40)


def test_a_view_of_everything() -> None:
    call = InFlight(
        pid=7, connection=1, peer="127.0.0.1:8000", start_ns=0, end_ns=3 * S,
        sent_bytes=1, received_bytes=1, model=True,
    )  # fmt: skip
    seen = moment(
        stack(0, TOOL),
        run(1, 0, 4),
        call,
        *(sample(at * S, at * S // 4) for at in range(1, 6)),
        GpuSample(at_ns=5 * S, device=0, busy=0.5, memory_bytes=1, power_watts=None),
        GpuSample(at_ns=5 * S, device=1, busy=1.0, memory_bytes=1, power_watts=None),
        LoadRequest(number=1, user=1, start_ns=0, end_ns=S, status=200),
        LoadRequest(number=2, user=1, start_ns=0, end_ns=S, status=500, failed=True),
        Incident(at_ns=0, probe="forks", what="not \x1b[31mtold", lost="children of a moment"),
    )

    assert shown(seen, what="python \x1b[31magent.py") == snapshot("""\
recording python �[31magent.py  0:05 of 0:30  Ctrl-C ends it and keeps it

CPU     ▃▄▅▅                                      1.2 of 2 cores
GPU     ▆                                         75%
memory  1 MiB in 3 processes

threads by step, last 5 s
tool_call  1.0  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

1 request in flight · load: 2 answered, 1 failed, P50 1.00 s · 0.2 model calls/s
not seen: children of a moment (not �[31mtold)\
""")
