"""A profile on a terminal: 80 columns, no colour needed, nothing left out."""

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace
from rich.console import Console

from agentaudit.model.endpoint import EndpointUse, Level
from agentaudit.model.profile import Bound, Breakdown, KindShare, Load, Profile, RequestTypeSummary
from agentaudit.model.trace import (
    DrivenLoad,
    EnergyReading,
    Host,
    Incident,
    SamplingRecord,
    StepKind,
    Target,
)
from agentaudit.report.tables.profile import render_profile, seconds

S = 1_000_000_000


def share(kind: StepKind, cpu_s: float, part: float) -> KindShare:
    return KindShare(
        kind=kind,
        steps=12,
        wall_ns=20 * S,
        cpu_ns=round(cpu_s * S),
        gpu_ns=S,
        cpu_share=part,
        cpu_share_low=max(part - 0.02, 0),
        cpu_share_high=min(part + 0.02, 1),
        wall_share=part,
    )


BREAKDOWN = Breakdown(
    duration_ns=10 * S,
    kinds=(share(StepKind.TOOL_CALL, 9.89, 0.94), share(StepKind.UNKNOWN, 0.6, 0.06)),
    cpu_total_ns=round(10.49 * S),
    cpu_attributed_ns=round(9.89 * S),
    cores=2,
    cpu_utilisation=0.52,
    gpu_utilisation=None,
    peak_rss_bytes=107 * 2**20,
    load=Load(requests=60, concurrency_mean=3.9, concurrency_peak=5),
    bound=Bound.CPU,
    reasons=("the agent used 1.05 of 2 cores (52%)",),
)
PROFILE = Profile(
    recording="run.aatrace",
    host=Host(
        name="here", system="Linux", cores=2, memory_bytes=1, gpu_note="no GPU seen: no driver"
    ),
    target=Target(pid=1, command="agent", launched=False),
    recorded_at_unix_ns=0,
    complete=True,
    ended_because="the duration was reached",
    breakdown=BREAKDOWN,
    request_types=(
        RequestTypeSummary(
            type="research",
            requests=29,
            p50_ns=734_000_000,
            p90_ns=1_800_000_000,
            cpu_ns_mean=358_000_000,
            gpu_ns_mean=0,
            llm_wall_ns_mean=0,
            heavy="cpu",
        ),
    ),
    timeline=(),
    energy=(),
    incidents=(Incident(at_ns=0, probe="forks", what="no permission", lost="names of children"),),
    sampling=(),
    tool_version="1",
)

SAMPLING = SamplingRecord(
    sampler="", rate_hz=1, samples=9, failures=0, mean_interval_ns=1, max_interval_ns=1
)


def shown(profile: Profile, width: int = 80) -> str:
    console = Console(width=width, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(render_profile(profile))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_a_profile_as_it_is_shown() -> None:
    assert shown(PROFILE) == snapshot("""\
The agent is CPU-bound: more load needs more cores, or less work in tools.
  the agent used 1.05 of 2 cores (52%)

step kind  steps     CPU  share        95 %    wall
tool_call     12  9.89 s  94.0%  92% to 96%  20.0 s
unknown       12  600 ms   6.0%    4% to 8%  20.0 s

CPU: 10.5 s counted by the kernel in 10.0 s; 94.3% of it has a step, 600 ms has
none
cores: 52% of 2 busy with the agent; memory: 107 MiB at most

requests: 60, 3.9 at once on average, 5 at most
request type  count     p50     p90     CPU  model  heavy
research         29  734 ms  1.80 s  358 ms      -    cpu

no GPU seen: no driver
ended because the duration was reached
not seen: names of children (no permission)\
""")


def test_every_line_fits_into_80_columns() -> None:
    assert max(len(line) for line in shown(PROFILE).splitlines()) <= 80


def test_a_gpu_has_its_column() -> None:
    with_gpu = replace(BREAKDOWN, gpu_utilisation=0.4)

    assert "GPU" not in shown(PROFILE).splitlines()[3]
    assert "GPU" in shown(replace(PROFILE, breakdown=with_gpu)).splitlines()[3]


@pytest.mark.parametrize("bound", list(Bound))
def test_every_verdict_has_its_sentence(bound: Bound) -> None:
    breakdown = replace(BREAKDOWN, bound=bound)

    assert shown(replace(PROFILE, breakdown=breakdown)).splitlines()[0].endswith(".")


def test_what_is_missing_is_said() -> None:
    energy = EnergyReading(component="cpu", joules=12.34, method="rapl", note="our share")
    cut = replace(PROFILE, complete=False, request_types=(), energy=(energy,))

    text = shown(cut)

    assert "requests: none seen" in text
    assert "the recording is cut off" in text
    assert "energy of cpu: 12.3 J (rapl; our share)" in text
    assert "not seen: names of children (no permission)" in text


def test_a_load_of_our_own_is_told_beside_the_requests_that_were_seen() -> None:
    driven = DrivenLoad(
        shape="closed", target="http://127.0.0.1/", planned_concurrency=4, rate_hz=0, sessions=4,
        requests=62, failed=2, duration_ns=S, concurrency_mean=3.9, concurrency_peak=4,
        problem="status 503",
    )  # fmt: skip
    load = replace(BREAKDOWN.load, driven=driven)
    breakdown = replace(BREAKDOWN, load=load)

    lines = shown(replace(PROFILE, breakdown=breakdown)).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("load:"))

    assert " ".join(lines[at : at + 2]) == (
        "load: closed loop, 4 users; 60 answered, 2 failed (status 503), 3.9 at once on"
        " average, 4 at most"
    )


ENDPOINTS = (
    EndpointUse(
        endpoint="http://gpu-host:8000/metrics",
        server="vllm",
        looks=30,
        unread=2,
        running=Level(mean=3.24, most=8.0),
        waiting=Level(mean=0.0, most=0.0),
        kv_cache_usage=Level(mean=0.41, most=0.63),
        prefix_hit_rate=0.72,
        requests=120.0,
        queue_s=0.012,
        prefill_s=0.08,
        decode_s=1.4,
    ),
    EndpointUse(
        endpoint="http://gpu-host:9400/metrics",
        server="dcgm",
        looks=30,
        unread=0,
        gpu_busy=Level(mean=0.5, most=1.0),
        joules=1234.5,
    ),
    EndpointUse(endpoint="http://gone:8000/metrics", server="", looks=30, unread=30),
    EndpointUse(
        endpoint="http://tgi/metrics",
        server="tgi",
        looks=2,
        unread=0,
        requests=1.0,
        inference_s=2.0,
    ),
)


def test_endpoints_are_one_block_with_what_each_tells_and_what_none_could_read() -> None:
    energy = EnergyReading(component="gpu 0", joules=1234.5, method="dcgm_counter", note="whole")
    text = shown(replace(PROFILE, endpoints=ENDPOINTS, energy=(energy,)))
    start = text.index("endpoints,")

    assert text[start : text.index("no GPU seen")] == snapshot("""\
endpoints, by their own metrics (so the work of all their users):
  http://gpu-host:8000/metrics (vllm)
    running 3.2 (8 at most), waiting 0 (0 at most), KV cache 41% (63% at most),
    prefix-cache hits 72%
    per request (120 ended): queue 12.0 ms, prefill 80.0 ms, decode 1.40 s
    its page could not be read at 2 of 30 looks
  http://gpu-host:9400/metrics (dcgm)
    GPU busy 50% (100% at most), energy 1,234 J
  http://gone:8000/metrics
    its page could not be read (30 looks)
  http://tgi/metrics (tgi)
    per request (1 ended): inference 2.00 s

""")


def test_what_was_lost_again_and_again_is_said_once() -> None:
    lost = [
        Incident(at_ns=at, probe="stacks", what=f"process {at}", lost="some steps")
        for at in range(3)
    ]

    text = shown(replace(PROFILE, incidents=tuple(lost)))

    assert text.count("not seen:") == 1
    assert "not seen: some steps (process 0; 2 more like it)" in text


def test_where_much_has_no_step_the_next_step_is_named() -> None:
    unnamed = replace(BREAKDOWN, cpu_attributed_ns=S, peak_rss_bytes=0)
    unseen = replace(PROFILE, breakdown=unnamed)
    seen = replace(unseen, sampling=(SAMPLING,))

    assert "--rules DIR" not in shown(replace(PROFILE, sampling=(SAMPLING,)))
    assert "--rules DIR" not in shown(unseen)
    assert "--rules DIR" in shown(seen)
    assert "0 MiB" not in shown(seen)


@pytest.mark.parametrize(
    ("joules", "text"), [(12.34, "12.3 J"), (0.04, "40 mJ"), (0.0, "  -"), (None, "?")]
)
def test_energy_has_the_digits_that_count(joules: float | None, text: str) -> None:
    kinds = (
        replace(BREAKDOWN.kinds[0], joules=joules),
        replace(BREAKDOWN.kinds[1], joules=1.0),
    )
    breakdown = replace(BREAKDOWN, kinds=kinds)

    row = shown(replace(PROFILE, breakdown=breakdown)).splitlines()[4]

    assert row.endswith(text)


def test_text_of_others_cannot_steer_the_terminal() -> None:
    hostile = replace(PROFILE.request_types[0], type="\x1b[2J[bold]x")

    text = shown(replace(PROFILE, request_types=(hostile,)))

    assert "\x1b" not in text
    assert "[bold]x" in text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "-"),
        (5_000, "0.01 ms"),
        (1_200_000, "1.2 ms"),
        (734_000_000, "734 ms"),
        (1_800_000_000, "1.80 s"),
        (12_340_000_000, "12.3 s"),
        (123_400_000_000, "123 s"),
    ],
)
def test_times_have_the_digits_that_count(nanoseconds: int, text: str) -> None:
    assert seconds(nanoseconds) == text
