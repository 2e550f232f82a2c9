"""The charts: small, named, without a colour of their own, and without formulas."""

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from agentaudit.report.page.blocks import Drawing
from agentaudit.report.page.charts import distribution_chart, kinds_chart, latency_chart
from agentaudit.report.page.schedule_charts import bars_chart, busy_chart, load_chart
from agentaudit.report.page.svg import drawing_of, standalone
from agentaudit.report.page.theme import SENTINELS
from agentaudit.report.page.timeline import lanes, timeline_chart
from tests.report import samples

LARGEST_BYTES = 60_000
HOSTILE = "$\\foo_{$ <b>&\x1b[31m\u202e]]>"


MANY = samples.views(tuple(f"policy {index} {HOSTILE}" for index in range(12)))
EMPTY = Drawing(svg="")


def with_steps(bins: int) -> Drawing:
    profile = replace(samples.profile(), timeline=samples.timeline(bins))
    return timeline_chart(profile, title="Timeline", summary="What it says")


def many_policies() -> Drawing:
    results = tuple(
        samples.policy(f"policy {index} {HOSTILE}", "", 2000 + index, 5000, 9000)
        for index in range(8)
    )
    return distribution_chart(results, title=HOSTILE, summary=HOSTILE)


CHARTS: dict[str, Callable[[], Drawing]] = {
    "short timeline": lambda: with_steps(1),
    "timeline": lambda: with_steps(300),
    "long timeline": lambda: with_steps(36_000),
    "kinds": lambda: kinds_chart(
        samples.profile().breakdown.kinds, title="Kinds", summary="Shares"
    ),
    "latency": lambda: latency_chart(samples.simulation().results, title="L", summary="Tails"),
    "distribution": many_policies,
    "load": lambda: load_chart(MANY.load, title="Load", summary="Rates") if MANY.load else EMPTY,
    "busy": lambda: busy_chart(MANY, cores=8, title="Busy", summary="Shares"),
    "bars": lambda: bars_chart(MANY, title="Bars", summary="Requests"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_small_named_and_colourless(name: str) -> None:
    svg = CHARTS[name]().svg
    root = ET.fromstring(svg.replace("xlink:href", "href"))  # noqa: S314, drawn here
    ids = {element.get("id") for element in root.iter()} - {None}

    assert len(svg.encode()) <= LARGEST_BYTES
    assert re.findall(r"#[0-9a-fA-F]{6}\b", svg) == []
    assert set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", svg)) <= ids
    assert root.get("role") == "img"
    assert set((root.get("aria-labelledby") or "").split()) <= ids
    assert "<style" not in svg
    assert "DejaVu" not in svg
    assert "Matplotlib" not in svg


def test_two_charts_of_a_page_share_no_id() -> None:
    seen = [
        set(re.findall(r' id="([^"]+)"', CHARTS[name]().svg))
        for name in ("timeline", "kinds", "latency", "distribution", "load", "busy", "bars")
    ]

    assert sum(map(len, seen)) == len(set.union(*seen))


def test_a_chart_is_drawn_the_same_twice() -> None:
    assert CHARTS["timeline"]() == CHARTS["timeline"]()


@pytest.mark.parametrize("name", ["distribution", "load", "busy", "bars"])
def test_hostile_labels_are_text(name: str) -> None:
    svg = CHARTS[name]().svg

    assert "<b>" not in svg
    assert "\x1b" not in svg
    assert "\u202e" not in svg


@pytest.mark.parametrize("name", ["latency", "load", "busy", "bars"])
def test_a_chart_stands_in_a_file_of_its_own(name: str) -> None:
    text = standalone(CHARTS[name](), HOSTILE)
    root = ET.fromstring(text)  # noqa: S314, drawn here

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in text
    assert "<b>" not in text
    assert "\x1b" not in text
    assert float(root.get("width") or 0) > float(root.get("height") or 0) > 0


def test_peaks_survive_when_points_are_merged() -> None:
    """A spike in one of 36,000 bins still reaches the top of its lane."""
    bins = list(samples.timeline(36_000))
    bins[17_003] = replace(bins[17_003], busy_cores=8.0)
    profile = replace(samples.profile(), timeline=tuple(bins))

    assert lanes(profile)[0].peak == "8.0"
    assert "peak 8.0" in timeline_chart(profile, title="t", summary="s").svg


def test_a_gpu_that_was_not_measured_is_said_and_not_drawn_as_idle() -> None:
    profile = samples.profile(gpu=False)

    assert lanes(profile)[1].values == ()
    assert "not measured" in timeline_chart(profile, title="t", summary="s").svg


def test_an_svg_without_a_view_is_no_chart() -> None:
    with pytest.raises(ValueError, match="viewBox"):
        drawing_of("<svg></svg>", prefix="p", title="t", summary="s")


def test_stand_in_colours_are_all_different() -> None:
    assert len(set(SENTINELS.values())) == len(SENTINELS)
