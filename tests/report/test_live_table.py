"""The live view: as wide as the terminal, and never wider."""

import pytest
from msgspec.structs import replace
from rich.console import Console

from agentaudit.model.trace import Incident, StepKind
from agentaudit.profiling.live import Moment
from agentaudit.report.tables.live import render_live, spark

S = 1_000_000_000
MOMENT = Moment(
    elapsed_ns=65 * S,
    cores=2.0,
    busy_cores=(0.0, 1.0, 2.0),
    gpu_busy=(),
    rss_bytes=45 * 2**20,
    processes=3,
    threads=((StepKind.LLM_INFERENCE, 1.2), (StepKind.TOOL_CALL, 0.01)),
    in_flight=4,
    model_calls=10,
    spans=0,
    load_done=16,
    load_failed=1,
    load_p50_ns=698_000_000,
    incidents=(Incident(at_ns=0, probe="", what="w" * 90, lost="something long"),),
)


def shown(moment: Moment, width: int) -> list[str]:
    console = Console(width=width, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(render_live(moment, what="process 7", total_ns=120 * S))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits(width: int) -> None:
    assert max(len(line) for line in shown(MOMENT, width)) <= width


def test_a_wide_terminal_shows_more_of_a_problem() -> None:
    assert shown(MOMENT, 80)[-1].endswith("…")
    assert shown(MOMENT, 140)[-1].endswith("w)")


def test_what_was_not_seen_is_said() -> None:
    nothing = replace(MOMENT, threads=(), in_flight=None, load_done=0, model_calls=0)

    text = "\n".join(shown(nothing, 80))

    assert "GPU     not seen" in text
    assert "no steps seen yet" in text
    assert "no requests seen yet" in text


def test_the_load_is_told_with_its_failures() -> None:
    assert "load: 16 answered, 1 failed, P50 698 ms" in "\n".join(shown(MOMENT, 80))


def test_a_gpu_has_its_own_line() -> None:
    assert any(
        "GPU" in line and "50%" in line
        for line in shown(replace(MOMENT, gpu_busy=(0.5,), spans=3), 80)
    )


def test_marks_are_as_high_as_their_share() -> None:
    assert spark((0.0, 1.0, 2.0, 9.0), 2.0) == "▁▅██"
    assert spark((1.0,), 0.0) == "▁"
