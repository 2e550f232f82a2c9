"""The comparison of policies on a terminal."""

from dataclasses import replace

from inline_snapshot import snapshot

from agentaudit.model.measures import Percentiles
from agentaudit.model.results import PolicyResult, Simulation, TypeLatency
from agentaudit.model.workload import Machine, SpeedCurve
from agentaudit.report.simulation_table import render_simulation

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

Waiting for admission, in service, and the load
Policy  wait P90 s  serve P90 s  queue  running  req/s  CPU  GPU
mas           9.87         9.87      ?        ?    2.5  91%  <1%
fcfs          15.0         15.0      ?        ?    2.5  91%  <1%

P90 by type of request
Policy  chat s  search s
mas       2.00      9.00
fcfs      14.0      15.5

Parameters
mas   E_CPU=8 E_GPU=16 E_shared=4
fcfs  cap=28

Advice
- Use mas (E_CPU=8 E_GPU=16 E_shared=4) instead of fcfs (cap=28): P90 from 15 s
  to 9.87 s.

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
