"""A fleet on a terminal."""

from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.model.fleet import Fleet, FleetHost, FleetKind, FleetType
from agentaudit.model.trace import StepKind
from agentaudit.report.tables.fleet import render_fleet

S = 1_000_000_000
HOST = FleetHost(
    host="web-1.example.org", days=2, recordings=12, requests=3400, duration_ns=7200 * S,
    cpu_total_ns=5400 * S, cpu_share=0.1875, unattributed_share=0.05, tool_share=0.6,
    peak_rss_bytes=900 * 2**20,
)  # fmt: skip
TYPE = FleetType(
    type="research", requests=3400, whole=3390, hosts=2, p50_ns=2 * S, p90_ns=9 * S,
    p99_ns=14 * S, cpu_ns_mean=S, gpu_ns_mean=0, llm_wall_ns_mean=S // 2,
)  # fmt: skip
FLEET = Fleet(
    first_day="2026-11-21", last_day="2026-11-22", recordings=20, cut_off=1, imported=2,
    duration_ns=9000 * S, cpu_total_ns=6000 * S, cpu_attributed_ns=5700 * S, cpu_share=0.17,
    gpu_busy=0.4, joules=12_000.0, quantile_error=1 / 128, tool_version="1",
    kinds=(
        FleetKind(kind=StepKind.TOOL_CALL, steps=9000, wall_ns=7000 * S, cpu_ns=5000 * S,
                  gpu_ns=0, cpu_share=5 / 6),
        FleetKind(kind=StepKind.UNKNOWN, steps=10, wall_ns=S, cpu_ns=300 * S, gpu_ns=0,
                  cpu_share=0.05),
    ),
    types=(TYPE,),
    hosts=(HOST, replace(HOST, host="x\x1b[31m" + "y" * 40, cpu_share=None, peak_rss_bytes=0)),
    problems=("steps of web-3, 2026-11-21: Parquet magic bytes not found (/data/steps/x.parquet)",),
)  # fmt: skip


def test_the_fleet_is_read_at_eighty_columns() -> None:
    text = render_fleet(FLEET, width=80).plain

    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert text == snapshot("""\
2 hosts kept 17% of their cores busy with agents, 6000 s of CPU time; tool_call
takes 83% of it.
20 recordings, 2026-11-21 to 2026-11-22, 9000 s recorded; 95% of the CPU time
has a step; GPUs 40% busy where there were any; 12,000 J where energy was read;
1 cut off; 2 imported, without CPU time.

step kind  steps     CPU    wall  share of CPU
tool_call  9,000  5000 s  7000 s   83.3% █████████████████
unknown       10   300 s  1.00 s    5.0% █

request type  count  hosts     p50     p90     p99     CPU   model
research      3,400      2  2.00 s  9.00 s  14.0 s  1.00 s  500 ms

host                days  rec.  requests     CPU  cores  tools  no step   memory
web-1.example.org      2    12     3,400  5400 s    19%    60%       5%  900 MiB
x�[31myyyyyyyyyyy…     2    12     3,400  5400 s      ?    60%       5%        ?

Not in these numbers, or more than once
- steps of web-3, 2026-11-21: Parquet magic bytes not found
  (/data/steps/x.parquet)
""")


def test_what_nobody_measured_is_said() -> None:
    bare = replace(
        FLEET, cpu_share=None, gpu_busy=None, joules=None, cpu_total_ns=0, types=(), problems=(),
        first_day="2026-11-22", cut_off=0, imported=0,
    )  # fmt: skip

    text = render_fleet(bare, width=80).plain

    assert "CPU time was measured on none of them" in text
    assert "no requests" in text
    assert (
        "No recording could be read." in render_fleet(replace(bare, recordings=0), width=80).plain
    )


def test_long_lists_are_cut_unless_all_is_asked() -> None:
    many = replace(FLEET, hosts=tuple(replace(HOST, host=f"h{n}") for n in range(30)))

    assert "… and 10 more" in render_fleet(many, width=80).plain
    assert "h29" in render_fleet(many, width=80, everything=True).plain
    assert "GPU" in render_fleet(
        replace(many, kinds=tuple(replace(kind, gpu_ns=S) for kind in FLEET.kinds)), width=80
    ).plain  # fmt: skip
