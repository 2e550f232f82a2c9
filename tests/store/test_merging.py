"""Merging: nothing is lost, nothing of one recording is taken for another's, clocks agree."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.observed import EndpointSample
from agentaudit.model.recording import (
    Closed,
    Frame,
    GpuProcessTime,
    Opened,
    ProcessBorn,
    ProcessGone,
    ProcessTick,
    ProcessTime,
    Record,
    Recording,
    StackDefined,
    StackRun,
    ThreadTick,
    ThreadTime,
    recording_of,
)
from agentaudit.model.rule import LabelRules, StepRule
from agentaudit.model.trace import (
    ClockPair,
    CpuSample,
    EnergyReading,
    GpuSample,
    Host,
    Incident,
    Part,
    StepKind,
    Target,
)
from agentaudit.profiling.attribution import trace_of
from agentaudit.profiling.breakdown import breakdown_of
from agentaudit.profiling.parts import core_time_ns, traces_of_parts
from agentaudit.store.merging import Source, merged
from agentaudit.store.recording import RecordingWriter, read_records
from agentaudit.store.survey import survey_of

S = 1_000_000_000
UNIX_NS = 1_700_000_000 * S
RULES = LabelRules(
    frames=(
        StepRule(
            id="tool",
            framework="",
            file="tools.py",
            function="*",
            when="own_code",
            kind=StepKind.TOOL_CALL,
            confidence=0.5,
        ),
    ),
    spans=(),
)


def host(name: str, cores: int = 4) -> Host:
    return Host(name=name, system="Linux", cores=cores, memory_bytes=8, gpus=("H",))


def recorded(
    name: str, *, booted_ns: int, start_ns: int, cpu_ns: Sequence[int] = (S // 2,), cores: int = 4
) -> list[Record]:
    """One second for each number: a tool that uses so much CPU time, on a host of that name."""
    end_ns = start_ns + len(cpu_ns) * S
    records: list[Record] = [
        Opened(
            tool_version="1",
            start_ns=start_ns,
            rate_hz=100.0,
            host=host(name, cores),
            target=Target(pid=7, command="agent", launched=True),
        ),
        ClockPair(monotonic_ns=start_ns, unix_ns=booted_ns + start_ns),
        ProcessBorn(at_ns=start_ns, pid=7, parent_pid=1, parent_tid=0, name="python"),
        StackDefined(stack=0, frames=(Frame(file="/app/tools.py", function=name),)),
        StackDefined(stack=1, frames=(Frame(file="/app/tools.py", function="both"),)),
        StackRun(pid=7, tid=7, start_ns=start_ns, end_ns=start_ns + S // 2, stack=0),
        StackRun(pid=7, tid=7, start_ns=start_ns + S // 2, end_ns=end_ns, stack=1),
    ]
    for at, used_ns in enumerate(cpu_ns):
        since_ns = start_ns + at * S
        times = (ThreadTime(pid=7, tid=7, cpu_ns=used_ns, queue_ns=0),)
        spent = (ProcessTime(pid=7, cpu_ns=used_ns),)
        records += [
            ThreadTick(since_ns=since_ns, at_ns=since_ns + S, times=times),
            ProcessTick(since_ns=since_ns, at_ns=since_ns + S, times=spent),
            CpuSample(
                at_ns=since_ns + S, cpu_ns=used_ns, rss_bytes=10, processes=1, system_busy=0.5
            ),
        ]
    return [*records, Closed(at_ns=end_ns, because="the target ended")]


def together(*recordings: Sequence[Record]) -> Recording:
    return recording_of(records_of(*recordings))


def records_of(*recordings: Sequence[Record]) -> list[Record]:
    sources = [
        Source(survey=survey_of(f"{at}.aatrace", records), records=records)
        for at, records in enumerate(recordings)
    ]
    return list(merged(sources, "1"))


def doubts(recording: Recording) -> list[str]:
    return [record.what for record in recording.records if isinstance(record, Incident)]


A = recorded("a", booted_ns=UNIX_NS, start_ns=100 * S)
B = recorded("b", booted_ns=UNIX_NS + 50 * S, start_ns=50 * S, cpu_ns=(S // 4, S // 4))


def test_recordings_of_two_hosts_stand_on_one_clock() -> None:
    """Both began at the same moment, however long their hosts had been up."""
    whole = together(A, B)

    parts = [record for record in whole.records if isinstance(record, Part)]
    assert [part.start_ns for part in parts] == [UNIX_NS + 100 * S] * 2
    assert [part.host.name for part in parts] == ["a", "b"]
    assert whole.opened.host == replace(
        host("a + b", 8), memory_bytes=16, gpus=("H", "H"), gpu_note=""
    )
    assert whole.complete


def test_the_trace_of_a_merged_recording_is_that_of_its_parts() -> None:
    trace = trace_of(together(A, B), RULES)
    of_parts = [trace_of(recording_of(records), RULES) for records in (A, B)]

    assert trace.cpu_total_ns == sum(part.cpu_total_ns for part in of_parts) == S
    assert [step.name for step in trace.steps if step.cpu_ns] != []
    assert sum(step.cpu_ns for step in trace.steps) == S
    assert {process.pid for process in trace.processes} == {7, 10_000_007}
    assert [part.cpu_total_ns for part in traces_of_parts(trace)] == [S // 2, S // 2]
    assert [part.host.name for part in traces_of_parts(trace)] == ["a", "b"]


def test_cores_that_were_recorded_for_a_while_count_for_a_while() -> None:
    """Four cores for a second and four for two: half a second of a dozen is used by each."""
    breakdown = breakdown_of(trace_of(together(A, B), RULES))

    assert breakdown.duration_ns == 2 * S
    assert breakdown.cpu_utilisation == pytest.approx(1 / 12)


def test_a_machine_counts_once_however_often_it_was_recorded() -> None:
    later = recorded("a", booted_ns=UNIX_NS, start_ns=101 * S)
    container = recorded("f00d", booted_ns=UNIX_NS + 1000, start_ns=100 * S)

    whole = together(A, later, container)

    parts = [record for record in whole.records if isinstance(record, Part)]
    assert whole.opened.host.cores == 4
    assert core_time_ns(parts) == 2 * S * 4
    assert core_time_ns([]) == 0


def test_stacks_are_interned_anew() -> None:
    whole = together(A, B)

    names = [stack[0].function for stack in whole.stacks]
    assert names == ["a", "both", "b"]
    assert list(whole.columns.runs[10_000_007, 7].stack) == [2, 1]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.lists(st.integers(0, 10**9), min_size=1, max_size=6)),
        min_size=1,
        max_size=4,
    )
)
def test_all_cpu_time_is_kept_and_time_goes_on(told: list[tuple[int, list[int]]]) -> None:
    recordings = [
        recorded(f"h{at}", booted_ns=UNIX_NS + at * 1000 * S, start_ns=start * S // 2, cpu_ns=used)
        for at, (start, used) in enumerate(told)
    ]

    whole = together(*recordings)

    total_ns = sum(sum(used) for _, used in told)
    samples = [record for record in whole.records if isinstance(record, CpuSample)]
    assert whole.columns.spendings.total_ns == total_ns
    assert sum(sample.cpu_ns for sample in samples) == total_ns
    assert [sample.at_ns for sample in samples] == sorted(sample.at_ns for sample in samples)
    assert whole.complete


def test_a_tree_on_two_hosts_holds_what_both_hold() -> None:
    samples = [record for record in together(A, B).records if isinstance(record, CpuSample)]

    assert [sample.rss_bytes for sample in samples] == [10, 10]
    assert [sample.system_busy for sample in samples] == [0.5, 0.5]
    assert sum(sample.cpu_ns for sample in samples) == S


def test_devices_endpoints_energy_and_incidents_keep_their_host() -> None:
    more: list[Record] = [
        GpuSample(at_ns=100 * S, device=0, busy=0.5, memory_bytes=1, power_watts=None),
        GpuProcessTime(since_ns=100 * S, at_ns=101 * S, device=0, pid=7, busy_ns=5),
        EnergyReading(component="CPU", joules=1.0, method="rapl", note="package"),
        Incident(at_ns=100 * S, probe="forks", what="none", lost="names"),
        EndpointSample(at_ns=100 * S, endpoint="http://localhost:8000/metrics", server="vllm"),
        ProcessGone(at_ns=101 * S, pid=7),
    ]
    one = [*A[:-1], *more, A[-1]]
    other = [*recorded("b", booted_ns=UNIX_NS + 1, start_ns=100 * S, cores=2)[:-1], *more, A[-1]]

    whole = together(one, other)

    devices = [record.device for record in whole.records if isinstance(record, GpuSample)]
    busy = [record.device for record in whole.records if isinstance(record, GpuProcessTime)]
    notes = [record.note for record in whole.records if isinstance(record, EnergyReading)]
    lost = [record.lost for record in whole.records if isinstance(record, Incident)]
    endpoints = [one.endpoint for one in whole.records if isinstance(one, EndpointSample)]
    assert endpoints == [f"http://localhost:8000/metrics, from {name}" for name in "ab"]
    assert (devices, busy) == ([0, 1], [0, 1])
    assert notes == ["a: package", "b: package"]
    assert lost == ["on a: names", "on b: names"]


def test_a_recording_that_is_cut_off_makes_the_whole_incomplete() -> None:
    whole = together(A, B[:-1])

    assert not whole.complete
    assert doubts(whole) == ["1.aatrace is cut off"]


def test_a_clock_that_was_set_is_said() -> None:
    pair = ClockPair(monotonic_ns=101 * S, unix_ns=UNIX_NS + 102 * S)

    assert doubts(together([*A[:-1], pair, A[-1]], B)) == [
        "the wall clock of a moved by 1,000 ms meanwhile"
    ]


def test_what_two_recordings_both_counted_is_said() -> None:
    assert doubts(together(A, A)) == ["0.aatrace and 1.aatrace both recorded process 7"]


def test_many_recordings_have_names_that_can_be_read() -> None:
    many = [recorded(f"h{at}", booted_ns=UNIX_NS + at * S, start_ns=0) for at in range(4)]

    assert together(*many).opened.host.name == "4 hosts"


def test_a_merged_recording_is_written_and_read(tmp_path: Path) -> None:
    records = records_of(A, B)
    with RecordingWriter(tmp_path / "m.aatrace") as sink:
        for record in records:
            sink.append(record)

    assert list(read_records(tmp_path / "m.aatrace")) == records
    assert survey_of("m", records).merged


def test_a_survey_begins_with_who_was_recorded() -> None:
    with pytest.raises(ValueError, match="who was recorded"):
        survey_of("x", A[1:])
