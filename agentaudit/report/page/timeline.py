"""The timeline: busy cores, the GPU and the steps in flight by kind, on one clock."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from agentaudit.model.profile import Profile, TimelineBin
from agentaudit.model.trace import StepKind
from agentaudit.report.decisions.profile_decision import words
from agentaudit.report.page.blocks import Drawing
from agentaudit.report.page.drawings import (
    KIND_COLOURS,
    SECOND_NS,
    blank_figure,
    drawn,
    in_margins,
    own_style,
)
from agentaudit.report.page.theme import SENTINELS
from agentaudit.report.quantities import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 240
"""Points of a lane: more cannot be told apart at the width of the page."""
_SHARE = "share"


class Lane(Struct, frozen=True, kw_only=True):
    """One row of the chart; without values it was not measured."""

    label: str
    unit: str
    colour: str
    values: tuple[float, ...]
    ceiling: float

    @property
    def peak(self) -> str:
        """The highest value, as a person reads it."""
        return self._told(max(self.values))

    @property
    def mean(self) -> str:
        """The mean of all values."""
        return self._told(sum(self.values) / len(self.values))

    def _told(self, value: float) -> str:
        return percent(value) if _SHARE in self.unit else f"{value:.1f}"


def timeline_chart(profile: Profile, *, title: str, summary: str) -> Drawing:
    """All lanes above one another, CPU first."""
    bins = profile.timeline
    rows = lanes(profile)
    with own_style():
        figure = blank_figure(0.62 * len(rows) + 1.3)
        axes = figure.subplots(
            len(rows),
            sharex=True,
            squeeze=False,
            gridspec_kw={"height_ratios": [1.9, 1.3] + [1.0] * (len(rows) - 2)},
        )[:, 0]
        in_margins(figure)
        figure.subplots_adjust(hspace=0.28)
        clock = _clock(bins)
        for axis, lane in zip(axes, rows, strict=True):
            _bare(axis, lane)
            _area(axis, clock, lane)
        axes[-1].set_xlabel("seconds of the recording")
        axes[-1].tick_params(bottom=True, labelbottom=True)
        axes[-1].set_xlim(0, (bins[-1].end_ns - bins[0].start_ns) / SECOND_NS)
        return drawn(figure, "timeline", title, summary)


def lanes(profile: Profile) -> tuple[Lane, ...]:
    """CPU, GPU, and each kind of step that was in flight; the last share one scale."""
    bins = profile.timeline
    cores = profile.breakdown.cores
    busy = tuple(item.busy_cores for item in bins)
    gpu = tuple(item.gpu_busy or 0.0 for item in bins)
    seen = any(item.gpu_busy is not None for item in bins)
    flights = {kind: tuple(_in_flight(item, kind) for item in bins) for kind in StepKind}
    ceiling = max([1.0, *(value for values in flights.values() for value in values)])
    return (
        Lane(
            label="CPU",
            unit=f"busy of {cores} cores" if cores else "busy cores",
            colour="series-1",
            values=busy if cores else (),
            ceiling=max((1.0, float(cores), *busy)),
        ),
        Lane(
            label="GPU",
            unit="busy share",
            colour="series-4",
            values=gpu if seen else (),
            ceiling=1.0,
        ),
        *(
            Lane(
                label=words(kind),
                unit="steps in flight",
                colour=KIND_COLOURS[kind],
                values=values,
                ceiling=ceiling,
            )
            for kind, values in flights.items()
            if any(values) and kind is not StepKind.IDLE
        ),
    )


def _in_flight(item: TimelineBin, kind: StepKind) -> float:
    width_ns = item.end_ns - item.start_ns
    return item.active_ns.get(kind.value, 0) / width_ns if width_ns else 0.0


def _clock(bins: Sequence[TimelineBin]) -> list[float]:
    start_ns = bins[0].start_ns
    return [((item.start_ns + item.end_ns) / 2 - start_ns) / SECOND_NS for item in bins]


def _bare(axis: "Axes", lane: Lane) -> None:
    axis.spines["left"].set_visible(False)
    axis.set_yticks([])
    axis.tick_params(bottom=False, labelbottom=False)
    axis.set_ylim(0, lane.ceiling * 1.06)
    axis.text(
        -0.012, 0.66, lane.label, transform=axis.transAxes, ha="right", va="center", fontsize=10,
        fontweight="bold", color=SENTINELS["ink"],
    )  # fmt: skip
    axis.text(
        -0.012, 0.2, lane.unit, transform=axis.transAxes, ha="right", va="center", fontsize=8,
        color=SENTINELS["muted"],
    )  # fmt: skip


def _area(axis: "Axes", clock: list[float], lane: Lane) -> None:
    """The mean as an area; where points were merged, their highest as a line above it."""
    if not lane.values:
        axis.text(
            0.5, 0.5, "not measured", transform=axis.transAxes, ha="center", va="center",
            color=SENTINELS["muted"], style="italic",
        )  # fmt: skip
        return
    times, means, peaks = _merged(clock, lane.values)
    colour = SENTINELS[lane.colour]
    axis.fill_between(times, means, color=colour, alpha=0.28, linewidth=0)
    axis.plot(times, peaks, color=colour, linewidth=1.1, solid_joinstyle="round")
    axis.text(
        1.012, 0.0, f"peak {lane.peak}", transform=axis.transAxes, va="bottom", fontsize=9,
        color=SENTINELS["muted"],
    )  # fmt: skip


def _merged(
    clock: Sequence[float], values: Sequence[float]
) -> tuple[list[float], list[float], list[float]]:
    """At most `_COLUMNS` points: time and mean of each group, and its highest."""
    group = -(-len(values) // _COLUMNS)
    spans = [slice(index, index + group) for index in range(0, len(values), group)]
    return (
        [sum(clock[span]) / len(clock[span]) for span in spans],
        [sum(values[span]) / len(values[span]) for span in spans],
        [max(values[span]) for span in spans],
    )
