"""A dataset of many hosts: the same whole numbers from traces, from Parquet and from a cluster."""

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.errors import InputError, UsageError
from agentaudit.model.dataset import TABLES, VERSION_KEY
from agentaudit.model.fleet import Part, together
from agentaudit.model.reading import READING, unread
from agentaudit.model.sketch import RELATIVE_ERROR, Sketch, added, bucket_of, sketch_of
from agentaudit.model.trace import (
    ClockPair,
    EnergyReading,
    GpuSample,
    Host,
    Incident,
    Request,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.profiling.breakdown import breakdown_of, quantile_ns
from agentaudit.profiling.dataset import rows_of
from agentaudit.profiling.fleet import fleet_of, part_of_trace
from agentaudit.store.cluster import parts_on_cluster
from agentaudit.store.dataset_files import DataFile, Wanted, dataset_files
from agentaudit.store.dataset_parts import part_of_file
from agentaudit.store.export_parquet import write_dataset

S = 1_000_000_000
DAY = 86_400 * S
AT = 1_780_000_000 * S
DAMAGE = Incident(at_ns=0, probe=READING, what="its file is damaged", lost="the rest")


def recorded(host: str, *, day: int = 0, requests: int = 4, extra: int = 0) -> Trace:
    """A second of each request: half a tool, a quarter the model; a little has no step."""
    steps: list[Step] = []
    for number in range(1, requests + 1):
        for kind, start, end, cpu in (
            (StepKind.TOOL_CALL, 0, S // 2, S // 3 + extra + number),
            (StepKind.LLM_INFERENCE, S // 2, S * 3 // 4, 7),
        ):
            steps.append(
                Step(
                    step_id=len(steps) + 1, request_id=number, kind=kind, name="x", pid=1, tid=1,
                    start_ns=number * S + start, end_ns=number * S + end, cpu_ns=cpu, gpu_ns=3,
                )
            )  # fmt: skip
    return Trace(
        host=Host(name=host, system="Linux", cores=2, memory_bytes=1),
        target=Target(pid=1, command="agent", launched=False),
        start_ns=0, end_ns=10 * S, complete=day != 1, ended_because="",
        clocks=(ClockPair(monotonic_ns=0, unix_ns=AT + day * DAY),), steps=tuple(steps),
        requests=tuple(
            Request(request_id=n, type="even" if n % 2 == 0 else "odd", arrival_ns=n * S,
                    finish_ns=n * S + S * 3 // 4 + n * 1000, complete=n != 1)
            for n in range(1, requests + 1)
        ),
        processes=(), cpu_samples=(),
        gpu_samples=(GpuSample(at_ns=S, device=0, busy=0.3, memory_bytes=0, power_watts=None),),
        energy=(EnergyReading(component="cpu", joules=1.25, method="rapl"),) if day == 0 else (),
        cpu_total_ns=sum(step.cpu_ns for step in steps) + 12_345,
    )  # fmt: skip


def export(root: Path, trace: Trace, name: str) -> list[Path]:
    """The trace as rows of the dataset, a file for each table."""
    place = (trace.host.name, trace.clocks[0].unix_ns, name)
    return write_dataset(rows_of(trace, name), root, place, overwrite=True)


def fleet() -> list[tuple[str, Trace]]:
    return [
        (f"run-{number}", recorded(host, day=day, requests=3 + number, extra=number))
        for number, (host, day) in enumerate(
            [("web-1", 0), ("web-1", 1), ("web-2", 0), ("a/b=c ü", 2), ("web-2", 0)]
        )
    ]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for name, trace in fleet():
        export(tmp_path / "data", trace, name)
    return tmp_path / "data"


def read(root: Path, wanted: Wanted | None = None) -> Part:
    files, problems = dataset_files(root, wanted or Wanted())
    return together([Part(problems=problems), *(part_of_file(file) for file in files)])


# ---- quantiles ----------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 2**60), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_off_by_its_error_at_most(values: list[int], share: float) -> None:
    exact = quantile_ns(sorted(values), share)

    assert abs(sketch_of(values).quantile_ns(share) - exact) <= RELATIVE_ERROR * exact


@given(st.lists(st.integers(0, 2**60)), st.lists(st.integers(0, 2**60)))
def test_sketches_add_up_in_any_order(one: list[int], other: list[int]) -> None:
    together_ = sketch_of([*one, *other])

    assert added(sketch_of(one), sketch_of(other)) == together_
    assert added(sketch_of(other), sketch_of(one)) == together_


@given(st.integers(0, 2**62), st.integers(0, 2**62))
def test_buckets_keep_the_order(one: int, other: int) -> None:
    assert (bucket_of(one) <= bucket_of(other)) or one > other


def test_nothing_has_no_quantile() -> None:
    assert Sketch().quantile_ns(0.5) == 0


# ---- parts --------------------------------------------------------------------------------------


def test_a_fleet_of_one_is_its_breakdown() -> None:
    """The parts add up to the whole (I9), as they do for one recording."""
    trace = recorded("a")

    summed = fleet_of(part_of_trace(trace, "x"), version="1")

    alone = breakdown_of(trace)
    assert {kind.kind: kind.cpu_ns for kind in summed.kinds} == {
        share.kind: share.cpu_ns for share in alone.kinds
    }
    assert sum(kind.cpu_ns for kind in summed.kinds) == trace.cpu_total_ns
    assert summed.cpu_share == pytest.approx(alone.cpu_utilisation)


@given(order=st.permutations(range(5)))
def test_the_order_of_parts_does_not_matter(order: Sequence[int]) -> None:
    parts = [part_of_trace(trace, name) for name, trace in fleet()]

    assert together(parts[at] for at in order) == together(parts)


def test_parquet_gives_the_numbers_of_the_traces(dataset: Path) -> None:
    from_traces = together(part_of_trace(trace, name) for name, trace in fleet())

    assert read(dataset) == from_traces


@settings(max_examples=30)
@given(
    incidents=st.lists(
        st.builds(
            Incident,
            at_ns=st.just(0),
            probe=st.sampled_from([READING, "stacks", "merge"]),
            what=st.text(max_size=9),
            lost=st.text(max_size=9),
        ),
        max_size=4,
    )
)
def test_what_was_not_read_is_a_problem_wherever_it_is_summed_up(
    tmp_path_factory: pytest.TempPathFactory, incidents: list[Incident]
) -> None:
    trace = replace(recorded("a"), incidents=tuple(incidents))
    root = tmp_path_factory.mktemp("data")
    export(root, trace, "x")

    part = read(root)

    assert part == part_of_trace(trace, "x")
    assert bool(part.problems) == bool(unread(incidents))


def test_a_dataset_of_before_that_was_told_is_read(dataset: Path) -> None:
    before = read(dataset)
    for path in (dataset / "recordings").rglob("*.parquet"):
        rewritten(path, lambda table: table.drop_columns(["unread"]))

    assert read(dataset) == before


def test_partitions_are_chosen_by_host_and_day(dataset: Path) -> None:
    hosts = {host for host, _ in read(dataset, Wanted(host="web-*")).recordings}
    first = {day for _, day in read(dataset, Wanted(until="2026-05-28")).recordings}
    later = {day for _, day in read(dataset, Wanted(since="2026-05-29")).recordings}

    assert hosts == {"web-1", "web-2"}
    assert first == {"2026-05-28"}
    assert later == {"2026-05-29", "2026-05-30"}


def test_a_fleet_says_what_each_host_takes(dataset: Path) -> None:
    summed = fleet_of(read(dataset), version="1")

    hosts = {host.host: host for host in summed.hosts}
    assert (summed.first_day, summed.last_day) == ("2026-05-28", "2026-05-30")
    assert (summed.recordings, summed.cut_off, summed.problems) == (5, 1, ())
    assert (hosts["web-1"].days, hosts["web-2"].recordings) == (2, 2)
    assert summed.joules == 3.75
    assert summed.gpu_busy == pytest.approx(0.3)
    assert [(type_.type, type_.hosts) for type_ in summed.types] == [("odd", 3), ("even", 3)]
    assert sum(type_.requests for type_ in summed.types) == 3 + 4 + 5 + 6 + 7


def test_a_recording_that_stands_twice_is_told(dataset: Path) -> None:
    export(dataset, fleet()[0][1], "run-0")
    part = together([read(dataset), part_of_trace(fleet()[0][1], "run-0")])

    problems = fleet_of(part, version="1").problems

    assert problems == ("run-0 of web-1 stands 2 times, and counts as often",)


def test_what_was_imported_has_no_share_of_cores() -> None:
    trace = recorded("a")
    imported = replace(
        trace, target=replace(trace.target, imported="otlp"), cpu_total_ns=0,
        host=replace(trace.host, cores=0), steps=(), gpu_samples=(), energy=(),
    )  # fmt: skip

    summed = fleet_of(part_of_trace(imported, "x"), version="1")

    assert (summed.imported, summed.cpu_share, summed.gpu_busy, summed.joules) == (1, None, None,
        None)  # fmt: skip


# ---- broken partitions --------------------------------------------------------------------------


def rewritten(path: Path, change: Any) -> None:  # noqa: ANN401, pyarrow has no types
    with pq.ParquetFile(path) as file:
        table = file.read()
    pq.write_table(change(table), path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop_columns(["cpu_ns"]), "has no column 'cpu_ns'"),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("wall_ns"), "wall_ns", [["x"] * len(table)]
            ),
            "column 'wall_ns' holds string, not int",
        ),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("cpu_ns"), "cpu_ns", [[-1] * len(table)]
            ),
            "column 'cpu_ns' holds -1",
        ),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("kind"), "kind", [["magic"] * len(table)]
            ),
            "holds steps of kind 'magic'",
        ),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("gpu_ns"), "gpu_ns",
                [pa.array([None] * len(table), pa.int64())],
            ),
            "column 'gpu_ns' has gaps",
        ),
        (lambda table: table.replace_schema_metadata({VERSION_KEY: "2"}), "newer release"),
    ],
)  # fmt: skip
def test_a_file_that_holds_something_else_is_named(
    dataset: Path,
    change: Any,  # noqa: ANN401, pyarrow has no types
    said: str,
) -> None:
    broken = min((dataset / "steps").rglob("run-0.parquet"))
    rewritten(broken, change)

    part = read(dataset)

    assert len(part.problems) == 1
    assert said in part.problems[0]
    assert str(broken) in part.problems[0]


def test_torn_files_are_named_and_the_others_count(dataset: Path) -> None:
    broken = min((dataset / "requests").rglob("run-1.parquet"))
    broken.write_bytes(broken.read_bytes()[:-20])
    gone = min((dataset / "steps").rglob("run-2.parquet"))
    gone.unlink()

    part = read(dataset)

    assert len(part.problems) == 2
    assert any("run-1.parquet" in problem for problem in part.problems)
    assert any("steps missing; it was not exported to its end" in text for text in part.problems)
    assert sum(tally.recordings for tally in part.recordings.values()) == 5


def test_a_folder_without_tables_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no dataset"):
        dataset_files(tmp_path, Wanted())


def test_large_numbers_add_up_exactly(tmp_path: Path) -> None:
    trace = recorded("a", requests=8)
    huge = replace(trace, steps=tuple(replace(step, cpu_ns=2**61 + 1) for step in trace.steps))
    export(tmp_path, huge, "x")

    tally = read(tmp_path).kinds["a", "2026-05-28", "tool_call"]

    assert tally.cpu_ns == 8 * (2**61 + 1)


# ---- a cluster ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes of its own."""
    from distributed import LocalCluster

    with LocalCluster(  # type: ignore[no-untyped-call]  # it has no types
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0",
    ) as started:  # fmt: skip
        started.wait_for_workers(2)
        yield started


@pytest.mark.filterwarnings("default")
def test_a_cluster_that_loses_a_worker_gives_the_same_numbers(
    dataset: Path,
    cluster: Any,  # noqa: ANN401, distributed has no types
) -> None:
    from distributed import Client

    export(dataset, replace(fleet()[0][1], incidents=(DAMAGE,)), "damaged")
    with Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]  # it has no types
        pids = sorted(client.run(os.getpid).values())
    files, _ = dataset_files(dataset, Wanted())
    parts = parts_on_cluster(cluster.scheduler_address, [*files] * 6)

    first = next(parts)
    os.kill(pids[0], signal.SIGKILL)
    summed = together([first, *parts])

    alone = together(part_of_file(file) for file in [*files] * 6)
    assert summed == alone
    assert summed.problems == ("damaged of web-1: its file is damaged",) * 6


@pytest.mark.filterwarnings("default")
def test_a_file_that_a_cluster_cannot_read_is_named(
    dataset: Path,
    cluster: Any,  # noqa: ANN401, distributed has no types
) -> None:
    missing = DataFile(path=str(dataset / "no.parquet"), table="steps", host="h", day="2026-01-01")
    there = min((dataset / "steps").rglob("*.parquet"))
    senseless = replace(missing, path=str(there), table="no such table")

    parts = list(parts_on_cluster(cluster.scheduler_address, [missing, senseless]))

    told = " | ".join(together(parts).problems)
    assert "steps of h, 2026-01-01" in told
    assert "no such table of h, 2026-01-01: KeyError" in told


@pytest.mark.filterwarnings("default")
def test_a_cluster_without_workers_is_an_error_for_people() -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as empty,  # type: ignore[no-untyped-call]  # it has no types
        pytest.raises(UsageError, match="has no workers"),
    ):
        list(parts_on_cluster(empty.scheduler_address, []))


def test_no_cluster_is_an_error_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.store.cluster.TIMEOUT_S", 1)

    with pytest.raises(UsageError, match="no cluster answers there"):
        list(parts_on_cluster("tcp://127.0.0.1:1", []))


def test_all_tables_have_rows() -> None:
    assert {table: len(list(rows)) for table, rows in rows_of(recorded("a"), "x").items()} == {
        "recordings": 1, "requests": 4, "steps": 8,
    }  # fmt: skip
    assert set(TABLES) == {"recordings", "requests", "steps"}
