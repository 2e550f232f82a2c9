"""A comparison on a terminal: what moved, what did not, and what cannot be said."""

from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.model.comparison import (
    Change,
    Comparison,
    Direction,
    Measure,
    ShareChange,
    Side,
    Subject,
)
from agentaudit.model.trace import StepKind
from agentaudit.report.tables.comparison import render_comparison

MS = 1_000_000
SIDE = Side(
    recording="old.aatrace", recorded_at_unix_ns=0, host="a", cores=4, runtime="CPython 3.11",
    requests=40, duration_ns=30_000 * MS, cpu_total_ns=9_000 * MS,
)  # fmt: skip


def change(
    direction: Direction,
    before: int | None,
    after: int | None,
    name: str = "search",
    *,
    subject: Subject = Subject.STEP,
    measure: Measure = Measure.CPU,
) -> Change:
    ratio = after / before if before and after else None
    known = ratio if direction is not Direction.UNKNOWN else None
    return Change(
        subject=subject, name=name, kind=StepKind.TOOL_CALL, measure=measure,
        before_ns=before and before * MS, after_ns=after and after * MS, direction=direction,
        ratio=known, ratio_low=known and known * 0.9, ratio_high=known and known * 1.1,
    )  # fmt: skip


COMPARISON = Comparison(
    before=SIDE,
    after=replace(SIDE, recording="new.aatrace", requests=38),
    differences=("another load (2.0 requests at once on average, now 4.1)",),
    changes=(
        change(Direction.GREW, 20, 32),
        change(Direction.SAME, 5, 5, name="fetch"),
        change(Direction.SHRANK, 900, 450, subject=Subject.ALL, name="all requests",
               measure=Measure.LATENCY_P90),
        change(Direction.GREW, 1, 40, name="a step whose name has no end at all"),
        change(Direction.APPEARED, None, 7, name="crawl"),
        change(Direction.VANISHED, 7, None, name="\x1b[31mgone"),
        change(Direction.UNKNOWN, 7, 8, name="rare"),
    ),
    shares=(
        ShareChange(kind=StepKind.TOOL_CALL, before=0.5, before_low=0.45, before_high=0.55,
                    after=0.7, after_low=0.65, after_high=0.75),
        ShareChange(kind=StepKind.UNKNOWN, before=0.1, before_low=0.05, before_high=0.15,
                    after=0.1, after_low=0.05, after_high=0.15),
    ),
    tool_version="1",
)  # fmt: skip


def test_the_comparison_is_read_at_eighty_columns() -> None:
    text = render_comparison(COMPARISON, width=80).plain

    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert text == snapshot("""\
Beyond noise, 2 measures grew and 1 measure shrank, of 4. The largest: latency
P90 of all requests, -50%.
  then  old.aatrace: 40 whole requests in 30.0 s (a, 4 cores)
  now   new.aatrace: 38 whole requests in 30.0 s (a, 4 cores)

by request                                then      now  change  95 %
▼ all requests            latency P90   900 ms   450 ms    -50%  -55% to -45%

in a step                                 then      now  change  95 %
▲ search                  CPU            20 ms    32 ms    +60%  +44% to +76%
▲ a step whose name has … CPU           1.0 ms    40 ms     x40  x36 to x44
+ crawl                   CPU             none   7.0 ms     new
- �[31mgone               CPU           7.0 ms     none    gone

= 1 more measure: no change beyond noise (-v shows them)
? 1 more measure: too few requests to say (-v shows them)

share of CPU time                     then                 now
▲ tool_call               50% (45% to 55%)    70% (65% to 75%)
= unknown                  10% (5% to 15%)     10% (5% to 15%)

What else differs, and may be the reason
- another load (2.0 requests at once on average, now 4.1)
""")


def test_everything_is_shown_when_asked() -> None:
    text = render_comparison(COMPARISON, width=80, everything=True).plain

    assert "fetch" in text
    assert "rare" in text
    assert "more measure" not in text


def test_noise_alone_is_said_to_be_noise() -> None:
    quiet = replace(COMPARISON, changes=(change(Direction.SAME, 5, 5),), shares=(), differences=())

    assert "No change beyond noise, in 1 measure." in render_comparison(quiet, width=80).plain


def test_too_few_requests_are_said() -> None:
    few = replace(
        COMPARISON, changes=(change(Direction.UNKNOWN, 5, 9),), after=replace(SIDE, requests=3)
    )

    assert "one side has 3 whole requests only" in render_comparison(few, width=200).plain
    assert "imported" in render_comparison(
        replace(few, before=replace(SIDE, cores=0)), width=200
    ).plain  # fmt: skip


def test_long_lists_are_cut() -> None:
    many = replace(
        COMPARISON,
        changes=tuple(change(Direction.GREW, 20, 32 + n, name=f"s{n}") for n in range(40)),
    )

    assert "… and 16 more" in render_comparison(many, width=80).plain
