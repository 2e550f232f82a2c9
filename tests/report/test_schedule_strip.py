"""Requests as bars of characters: as long as they take, on any terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agentaudit.model.views import Bar, BarsOfPolicy, Doing, Stretch
from agentaudit.report.tables.schedule_strip import render_bars
from tests.report import samples

SECOND = 1_000_000_000


def bar(number: int, arrival_s: int, *stretches: tuple[Doing, int]) -> Bar:
    return Bar(
        request_id=number,
        type="ask",
        arrival_ns=arrival_s * SECOND,
        stretches=tuple(Stretch(doing=doing, end_ns=end_s * SECOND) for doing, end_s in stretches),
    )


PAIR = (
    BarsOfPolicy(
        policy="all at once",
        bars=(bar(1, 0, (Doing.CPU, 10), (Doing.GPU, 15)), bar(2, 2, (Doing.CPU, 12))),
    ),
    BarsOfPolicy(
        policy="in turn",
        bars=(
            bar(1, 0, (Doing.CPU, 5), (Doing.GPU, 10)),
            bar(2, 2, (Doing.ADMISSION, 10), (Doing.CPU, 20)),
        ),
    ),
)


def test_bars_on_a_narrow_terminal() -> None:
    assert render_bars(PAIR, width=42, ascii_only=False).plain == snapshot("""\

all at once
1 ████████████████████▒▒▒▒▒▒▒▒▒▒
2     ████████████████████

in turn
1 ██████████▒▒▒▒▒▒▒▒▒▒
2     ················████████████████████
  0 s                               20.0 s
  · waiting for admission  █ CPU
  ▒ LLM server
""")
    assert render_bars(PAIR, width=42, ascii_only=True).plain == snapshot("""\

all at once
1 ####################oooooooooo
2     ####################

in turn
1 ##########oooooooooo
2     ................####################
  0 s                               20.0 s
  . waiting for admission  # CPU
  o LLM server
""")


@pytest.mark.parametrize("width", [10, 80, 200])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_no_line_is_wider_than_the_terminal(width: int, *, ascii_only: bool) -> None:
    bars = samples.views(("mas", "\x1b[31mcomb")).bars
    text = render_bars(bars, width=width, ascii_only=ascii_only).plain
    lines = text.splitlines()

    assert max(map(len, lines)) <= max(width, 40)
    assert "\x1b" not in text
    assert not ascii_only or "".join(line for line in lines if "comb" not in line).isascii()


doings = st.sampled_from(Doing)


@given(st.integers(0, 10**12), st.lists(st.tuples(doings, st.integers(1, 10**11)), max_size=9))
def test_a_bar_begins_and_ends_where_its_request_does(
    arrival_ns: int, pieces: list[tuple[Doing, int]]
) -> None:
    """To a column; its own time is the whole scale here."""
    stretches, at_ns = [], arrival_ns
    for doing, length_ns in pieces:
        at_ns += length_ns
        stretches.append(Stretch(doing=doing, end_ns=at_ns))
    only = Bar(request_id=7, type="t", arrival_ns=arrival_ns, stretches=tuple(stretches))
    policies = (BarsOfPolicy(policy="p", bars=(only,)),)
    row = render_bars(policies, width=80, ascii_only=True).plain.splitlines()[2]

    assert row.rstrip() == row
    assert len(row.removeprefix("7 ")) == (78 if pieces else 1)
