"""What a run is remembered by: percentiles by type, batches, queues, and who was in time."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.measures import Measure
from agentaudit.model.results import RequestRecord
from agentaudit.simulation.experiments.metrics import percentile
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.observations import (
    Kind,
    Observations,
    mean_course,
    observations_of,
    pooled_quantiles,
)

stretches = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 300), st.integers(1, 300)),
    min_size=1,
    max_size=40,
)


def run_of(*rows: tuple[int, int, int], types: str = "ab") -> Observations:
    """Rows are arrival, waiting and service; the types take turns."""
    ordered = sorted(rows)
    records = tuple(
        RequestRecord(
            request_id=place,
            type=types[place % len(types)],
            arrival_ns=arrival,
            start_ns=arrival + waiting,
            finish_ns=arrival + waiting + service,
        )
        for place, (arrival, waiting, service) in enumerate(ordered)
    )
    run = Run(
        records=records,
        cpu_busy_ns=0,
        gpu_busy_ns=0,
        cpu_work_ns=0,
        gpu_work_ns=0,
        wait_ns=0,
        running_peak=0,
    )
    return observations_of(run, overloaded=False)


@given(stretches, st.sampled_from([50, 90, 95, 99]))
def test_percentiles_are_those_of_sorted_values(
    rows: list[tuple[int, int, int]], part: int
) -> None:
    run = run_of(*rows, types="a")
    latencies = sorted(waiting + service for _, waiting, service in rows)

    assert run.measured(Measure(f"p{part}")) == percentile(latencies, part)


@given(stretches)
def test_latency_is_waiting_and_service(rows: list[tuple[int, int, int]]) -> None:
    run = run_of(*rows)
    mean = {kind: run.measured(Measure.MEAN, kind) or 0 for kind in Kind}

    assert abs(mean[Kind.LATENCY] - mean[Kind.WAITING] - mean[Kind.SERVICE]) <= 1


@given(stretches)
def test_queues_are_what_counting_at_every_instant_finds(rows: list[tuple[int, int, int]]) -> None:
    """Time-means and peaks against the plain method: look at each nanosecond."""
    first, last = min(row[0] for row in rows), max(row[0] for row in rows)
    if first == last:
        last = max(sum(row) for row in rows)
    queue = run_of(*rows).queue()
    instants = range(first, max(last, first + 1))
    waiting = [sum(a <= at < a + w for a, w, _ in rows) for at in instants]
    served = [sum(a + w <= at < a + w + s for a, w, s in rows) for at in instants]

    assert queue.waiting_mean == pytest.approx(sum(waiting) / len(instants))
    assert queue.in_service_mean == pytest.approx(sum(served) / len(instants))
    assert queue.waiting_peak >= max(waiting)
    assert queue.in_service_peak == most_at_once([(a + w, a + w + s) for a, w, s in rows])


def most_at_once(spans: list[tuple[int, int]]) -> int:
    edges = sorted(chain.from_iterable(((end, -1), (begin, 1)) for begin, end in spans))
    active = most = 0
    for _, change in edges:
        active += change
        most = max(most, active)
    return most


def test_one_batch_counts_until_its_end() -> None:
    """Two at once, one after the other, 10 ns each: one waits half of the time."""
    queue = run_of((0, 0, 10), (0, 10, 10)).queue()

    assert (queue.waiting_mean, queue.waiting_peak) == (0.5, 1)
    assert (queue.in_service_mean, queue.in_service_peak) == (1.0, 1)


@given(stretches, st.integers(0, 20))
def test_warm_up_leaves_out_the_first(rows: list[tuple[int, int, int]], after: int) -> None:
    run = run_of(*rows)
    left = sorted(rows)[after:]

    assert run.count(after=after) == len(left)
    assert run.count(type_="a", after=after) + run.count(type_="b", after=after) == len(left)
    mean = run.measured(Measure.MEAN, after=after)
    assert mean == (round(sum(w + s for _, w, s in left) / len(left)) if left else None)


@given(stretches, st.integers(1, 600))
def test_in_time_is_under_every_limit(rows: list[tuple[int, int, int]], limit: int) -> None:
    run = run_of(*rows, types="a")
    good = sum(waiting + service < limit for _, waiting, service in rows)

    assert run.within({"all": limit}) == run.within({"a": limit}) == good
    assert run.within({"a": limit, "all": 1}) <= good
    assert run.within({"other": 1}) == len(rows)


def test_batches_are_consecutive_requests() -> None:
    run = run_of(*((place, 0, 1 + place // 10) for place in range(100)))

    assert run.batches(Measure.P50) == tuple(range(1, 11))


def test_courses_are_averaged_over_runs() -> None:
    one, other = (run_of(*((place, 0, took) for place in range(12))) for took in (2, 4))

    assert mean_course([one, other]) == (3.0, 3.0)


def test_quantiles_of_all_runs_together() -> None:
    one, other = (run_of(*((place, 0, took) for place in range(300))) for took in (2, 4))

    assert pooled_quantiles([one, other], 4) == (2, 2, 4, 4)
    assert pooled_quantiles([run_of((0, 0, 7), (0, 0, 5))], 4) == (5, 7)
