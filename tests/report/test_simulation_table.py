"""The comparison of policies on a terminal."""

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.model.measures import Percentiles
from agentaudit.model.results import PolicyResult, Simulation, TypeLatency
from agentaudit.model.workload import Machine, SpeedCurve
from agentaudit.report.tables.simulation import render_simulation
from tests.report import samples

MS = 1_000_000


def latencies(name: str, p50_ms: int, p90_ms: int, p99_ms: int) -> TypeLatency:
    times = Percentiles(
        p50_ns=p50_ms * MS, p90_ns=p90_ms * MS, p99_ns=p99_ms * MS, mean_ns=p50_ms * MS
    )
    return TypeLatency(type=name, requests=10, latency=times, waiting=times, service=times)


def result(policy: str, parameters: str, *by_type: TypeLatency) -> PolicyResult:
    return PolicyResult(
        policy=policy,
        parameters=parameters,
        source="test",
        by_type=by_type,
        throughput_per_s=2.5,
        makespan_ns=1,
        cpu_utilisation=0.914,
        gpu_utilisation=0.004,
        running_peak=1,
        overloaded=False,
    )


SIMULATION = Simulation(
    workload_source="run.aatrace",
    arrivals="poisson 2.5/s",
    requests=1500,
    seed=1,
    machine=Machine(
        name="the recorded host, 8 cores",
        cores=8,
        cpu=SpeedCurve(points=((1, 1.0),)),
        gpu=SpeedCurve(points=((1, 1.0),)),
    ),
    baseline="fcfs",
    results=(
        result(
            "mas",
            "E_CPU=8 E_GPU=16 E_shared=4",
            latencies("all", 1250, 9_870, 12_000),
            latencies("chat", 900, 2000, 3000),
            latencies("search", 3000, 9000, 12_000),
        ),
        result(
            "fcfs",
            "cap=28",
            latencies("all", 1300, 15_000, 1_234_000),
            latencies("chat", 900, 14_000, 15_000),
            latencies("search", 3000, 15_500, 20_000),
        ),
    ),
    advice=(
        "Use mas (E_CPU=8 E_GPU=16 E_shared=4) instead of fcfs (cap=28): P90 from 15 s to 9.87 s.",
    ),
    assumptions=("Cores do not slow each other down.",),
    tool_version="0",
)


def shown(simulation: Simulation, width: int = 80) -> str:
    return render_simulation(simulation, width=width).plain


def test_the_whole_at_eighty_columns() -> None:
    assert shown(SIMULATION) == snapshot("""\
1,500 requests from run.aatrace, arrivals poisson 2.5/s, on the recorded host, 8
cores (seed 1): mas has the lowest P90, 9.87 s.

Policy  P50 s  P90 s  P99 s  P90 vs base
mas      1.25   9.87   12.0         -34%
fcfs     1.30   15.0  1,234     baseline

Advice
- Use mas (E_CPU=8 E_GPU=16 E_shared=4) instead of fcfs (cap=28): P90 from 15 s
  to 9.87 s.

Waiting for admission and in service, mean/peak
Policy  wait P90 s  serve P90 s  waiting  running
mas           9.87         9.87        ?        ?
fcfs          15.0         15.0        ?        ?

P90 by type of request
Policy  chat s  search s
mas       2.00      9.00
fcfs      14.0      15.5

Throughput, utilisation
Policy  req/s  CPU  GPU
mas       2.5  91%  <1%
fcfs      2.5  91%  <1%

Parameters
mas   E_CPU=8 E_GPU=16 E_shared=4
fcfs  cap=28

Assumptions
- Cores do not slow each other down.
""")


def test_no_line_is_wider_than_the_terminal_for_long_names() -> None:
    policies = ("micro-batching-rolling", "multi-processing")
    results = tuple(
        replace(one, policy=name, overloaded=True)
        for one, name in zip(SIMULATION.results, policies, strict=True)
    )
    text = shown(replace(SIMULATION, results=results, baseline=policies[1]))

    assert max(len(line) for line in text.splitlines()) <= 80


def test_overload_is_marked_and_explained() -> None:
    first = replace(SIMULATION.results[0], overloaded=True)
    text = shown(replace(SIMULATION, results=(first, SIMULATION.results[1])))

    assert "\nmas !  " in text
    assert "! overloaded: requests pile up" in text


def test_short_times_are_milliseconds() -> None:
    results = tuple(
        replace(one, by_type=(latencies("all", 9, 40, 250),)) for one in SIMULATION.results
    )
    text = shown(replace(SIMULATION, results=results))

    assert "P50 ms" in text
    assert "9.00    40.0     250        equal" in text
    assert "by type" not in text


@pytest.mark.parametrize(
    ("change", "shown_as"),
    [
        ("tool:search=0.5x", "tool:search=0.5x"),
        ("tool:Toolbox.search_files=0.5x", "tool:Toolbox.search_…=0.5x"),
        ("tool:Toolbox.search_files=0.5x,rate=2x", "tool:Toolbox…=0.5x,rate=2x"),
        ("tool:a_long_name_of_a_tool=0.5x,rate=1.25x,cpu=+16", "tool:a_lon…=0.5x,rate=1.2…"),
        ("cpu=32,tool:a_long_name_of_a_tool=0.5x", "cpu=32,tool:a_long_n…=0.5x"),
    ],
)
def test_what_becomes_of_a_tool_is_shown_whatever_its_name(change: str, shown_as: str) -> None:
    answered = samples.answered_simulation()
    first, second = answered.what_ifs
    told = replace(answered, what_ifs=(first, replace(second, change=change)))

    assert f"\n{shown_as} " in shown(told)


def test_many_types_are_cut_off_and_counted() -> None:
    many = tuple(latencies(f"type number {place} of them", 1, 2, 3) for place in range(7))
    results = tuple(replace(one, by_type=(one.by_type[0], *many)) for one in SIMULATION.results)
    text = shown(replace(SIMULATION, results=results), width=100)

    assert "type number 0…" in text
    assert "and 3 more" in text
    assert "type number 4" not in text


def test_hostile_names_cannot_move_the_cursor() -> None:
    results = tuple(
        replace(one, by_type=(one.by_type[0], latencies("\x1b[2Jx", 1, 2, 3), one.by_type[1]))
        for one in SIMULATION.results
    )
    text = shown(replace(SIMULATION, results=results, workload_source="\x1b]0;x\x07.yaml"))

    assert "\x1b" not in text
    assert "\x07" not in text


def test_nothing_to_advise_shows_no_empty_heading() -> None:
    assert "Advice" not in shown(replace(SIMULATION, advice=()))


def test_everything_asked_at_eighty_columns() -> None:
    assert shown(samples.answered_simulation()) == snapshot("""\
400 requests from run.aatrace, arrivals poisson 1.6/s, on agents-01 (20
replications, the first with seed 7): mas has the lowest P90, 4.30 s.

Recommendation
- Use mas instead of processes: P90 from 9.1 s to 6 s.
- That holds.

Found
- Under mas p95 < 10 s is met up to 2.5 requests/s.

Policy       P50 s  P90 s  P99 s  P90 vs base
mas           2.10   4.30   6.90      -34% ±6
comb          2.30   5.00   8.80      -34% ±6
fcfs          2.90   7.60   14.1      -34% ±6
processes !   3.30   9.10   19.8     baseline
! overloaded: requests pile up, so latencies would grow with a longer run.

Advice
- Under MAS the P99 latency falls from 19.8 s to 6.9 s, at equal hardware.
- COMB with a cap of 8 takes most of the gain, and is one line of configuration.

Waiting for admission and in service, mean/peak
Policy     wait P90 s  serve P90 s  waiting  running
mas              1.72         2.58    1.5/9   4.2/12
comb             2.00         3.00    1.5/9   4.2/12
fcfs             3.04         4.56    1.5/9   4.2/12
processes        3.64         5.46    1.5/9   4.2/12

P90 by type of request
Policy     chat s  research s
mas          3.01        5.16
comb         3.50        6.00
fcfs         5.32        9.12
processes    6.37        10.9

Objectives
Policy           p95 < 10 s  good req/s
mas        9.00 s ±? unsure         1.5
comb       9.00 s ±? unsure         1.5
fcfs       9.00 s ±? unsure         1.5
processes  9.00 s ±? unsure         1.5

Throughput, utilisation, energy of a request, cost
Policy     req/s  CPU  GPU  CPU J    GPU J   both J  cost of 1000
mas         1.75  81%  44%    400  unknown  unknown         0.420
comb        1.72  81%  44%    400  unknown  unknown         0.420
fcfs        1.68  81%  44%    400  unknown  unknown         0.420
processes   1.67  81%  44%    400  unknown  unknown         0.420

Where an assumption is wrong: P90 of processes (now) and mas (then)
Assumption    now s  then s   change    advice
demands +20%   9.00    6.00  -34% ±6     holds
demands +20%   9.00    6.00  -34% ±6  reversed

What if: P90, against processes as it is
Change        under   P90 s     change
as it is  processes  9.10 !
                mas    9.10    -34% ±6
cpu=+16   processes  9.10 !  saturated
                mas    9.10    -34% ±6

Parameters
mas        E_CPU=4 E_GPU=8 E_shared=2
comb       cap=8
fcfs
processes  one process a request

Assumptions
- Service times are those of the recording; the two request types stay in
  proportion.
- The first 15 of 400 requests of every run are left out as warm-up (MSER-5).
""")
