"""The charts of schedules: latency against load, busy time, and requests as bars over time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from agentaudit.model.views import BarsOfPolicy, BusyCurve, Doing, LoadCurve, LoadView, Views
from agentaudit.report.page.blocks import Drawing
from agentaudit.report.page.drawings import (
    DASHES,
    POLICY_COLOURS,
    SECOND_NS,
    blank_figure,
    drawn,
    in_margins,
    label,
    own_style,
)
from agentaudit.report.page.theme import SENTINELS
from agentaudit.report.quantities import duration, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_ROW_INCHES = 0.115
"""Of a request in the chart of bars."""
_DOING = {
    Doing.ADMISSION: ("waiting for admission", "series-7", 0.16),
    Doing.QUEUE: ("queueing for the LLM server", "series-4", 0.16),
    Doing.CPU: ("CPU", "series-2", 0.92),
    Doing.GPU: ("LLM server (GPU)", "series-4", 0.56),
    Doing.WAIT: ("waiting for the outside", "series-5", 0.3),
}
"""What a request does: its name, its colour, and its height as a share of the row."""
_POINTS_AN_INCH = 72
MOST_POLICIES = 8
"""More lines or rows than these, the best ones, say less."""
_LEFT = 0.3
"""Of the width: so far left, a word that ends at a rate would reach into the title."""
_LONGEST = 3
"""Times the shortest run: what takes longer is cut off, or the others would be too small to see."""


def load_chart(view: LoadView, *, title: str, summary: str) -> Drawing:
    """P50 on the left, P90 on the right, a line a policy; crosses where requests pile up."""
    with own_style():
        figure = blank_figure(3.9)
        axes = figure.subplots(1, 2, sharey=True, sharex=True)
        in_margins(figure, top=0.62)
        figure.subplots_adjust(left=0.075, right=0.985, wspace=0.06)
        for axis, name, p90 in zip(axes, ("P50", "P90"), (False, True), strict=True):
            axis.set_title(name, loc="left", fontsize=10, color=SENTINELS["ink"], pad=5)
            for index, curve in enumerate(view.curves[:MOST_POLICIES]):
                _latencies(axis, index, curve, p90=p90)
            _rates(axis, view)
        _log_seconds(axes[0])
        handles = [*axes[0].get_legend_handles_labels()[0], *_crosses(view)]
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.068, 1.0), ncols=5, frameon=False,
            labelcolor=SENTINELS["ink"], handlelength=3.2, borderaxespad=0.1, columnspacing=2.2,
        )  # fmt: skip
        return drawn(figure, "load", title, summary)


def busy_chart(views: Views, *, cores: int, title: str, summary: str) -> Drawing:
    """A row a policy: the share of cores in use as an area, that of the GPU's time as a line."""
    shown = views.busy[:MOST_POLICIES]
    ends = [curve.end_ns for curve in shown]
    shown_ns = min(max(ends), _LONGEST * min(ends))
    with own_style():
        figure = blank_figure(0.62 * len(shown) + 0.85)
        axes = figure.subplots(len(shown), sharex=True, squeeze=False)[:, 0]
        in_margins(figure, top=0.3)
        figure.subplots_adjust(hspace=0.3)
        for axis, curve in zip(axes, shown, strict=True):
            _busy(axis, curve, cores)
        axes[0].legend(
            loc="lower left", bbox_to_anchor=(-0.01, 1.02), ncols=2, frameon=False,
            labelcolor=SENTINELS["ink"], borderaxespad=0,
        )  # fmt: skip
        axes[-1].set_xlabel("seconds since the first arrival")
        axes[-1].tick_params(bottom=True, labelbottom=True)
        axes[-1].set_xlim(0, max(shown_ns, 1) / SECOND_NS)
        return drawn(figure, "busy", title, summary)


def bars_chart(views: Views, *, title: str, summary: str) -> Drawing:
    """The same requests under each policy, a row each, in order of arrival."""
    policies = views.bars
    ends = {curve.policy: duration(curve.end_ns) for curve in views.busy}
    rows = max(len(policy.bars) for policy in policies)
    with own_style():
        figure = blank_figure((_ROW_INCHES * rows + 0.36) * len(policies) + 0.75)
        axes = figure.subplots(len(policies), sharex=True, squeeze=False)[:, 0]
        in_margins(figure, top=0.62)
        figure.subplots_adjust(left=0.1, right=0.985, hspace=0.36 / (_ROW_INCHES * rows))
        height = axes[0].get_position().height * figure.get_figheight() * _POINTS_AN_INCH / rows
        for axis, policy in zip(axes, policies, strict=True):
            _bars(axis, policy, height)
            _heading(axis, policy, f"all {views.requests:,} by {ends[policy.policy]}")
        _key(figure, policies, height)
        axes[-1].set_xlabel("seconds since the first arrival")
        axes[-1].tick_params(bottom=True, labelbottom=True)
        bars = [bar for policy in policies for bar in policy.bars]
        low, high = min(bar.arrival_ns for bar in bars), max(bar.finish_ns for bar in bars)
        axes[-1].set_xlim(low / SECOND_NS, max(high, low + 1) / SECOND_NS)
        return drawn(figure, "bars", title, summary)


def _latencies(axis: "Axes", index: int, curve: LoadCurve, *, p90: bool) -> None:
    colour = SENTINELS[POLICY_COLOURS[index % len(POLICY_COLOURS)]]
    rates = [point.rate_per_s for point in curve.points]
    seconds = [max(point.p90_ns if p90 else point.p50_ns, 1) / SECOND_NS for point in curve.points]
    axis.plot(
        rates, seconds, color=colour, linestyle=DASHES[index % len(DASHES)], linewidth=1.7,
        label=label(curve.policy),
    )  # fmt: skip
    beyond = [place for place, point in enumerate(curve.points) if point.overloaded]
    axis.plot(
        [rates[place] for place in beyond], [seconds[place] for place in beyond], color=colour,
        linestyle="none", marker="x", markersize=6, markeredgewidth=1.6, clip_on=False,
    )  # fmt: skip


def _rates(axis: "Axes", view: LoadView) -> None:
    """The rates: the workload's own, and those that no policy can keep up with."""
    rates = [point.rate_per_s for curve in view.curves for point in curve.points]
    axis.set_xlim(min(rates), max(rates))
    axis.set_xlabel("requests per second")
    axis.grid(axis="both")
    width = max(rates) - min(rates)
    axis.axvline(view.own_rate_per_s, color=SENTINELS["muted"], linewidth=0.9)
    leftish = view.own_rate_per_s - min(rates) < _LEFT * width
    _above(axis, view.own_rate_per_s, "this workload", "center" if leftish else "right")
    if view.largest_rate_per_s < max(rates):
        axis.axvspan(
            max(view.largest_rate_per_s, min(rates)), max(rates), color=SENTINELS["series-7"],
            alpha=0.18, linewidth=0,
        )  # fmt: skip
        _above(axis, max(rates), "overload", "right")


def _above(axis: "Axes", rate_per_s: float, text: str, side: str) -> None:
    axis.annotate(
        text, (rate_per_s, 1.0), (0, 5), xycoords=axis.get_xaxis_transform(),
        textcoords="offset points", ha=side, va="bottom", fontsize=8.5, color=SENTINELS["muted"],
    )  # fmt: skip


def _crosses(view: LoadView) -> Iterator["Line2D"]:
    """What crosses mean, where there are any."""
    from matplotlib.lines import Line2D  # noqa: PLC0415, late

    if any(point.overloaded for curve in view.curves for point in curve.points):
        yield Line2D(
            [], [], color=SENTINELS["muted"], linestyle="none", marker="x", markersize=6,
            markeredgewidth=1.6, label="requests pile up",
        )  # fmt: skip


def _log_seconds(axis: "Axes") -> None:
    """Latencies on a scale of factors, as people read times."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator  # noqa: PLC0415, late

    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda s, _: _round_time(s)))


def _round_time(seconds: float) -> str:
    """Of a round number: `50 s`, `500 ms`."""
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


def _busy(axis: "Axes", curve: BusyCurve, cores: int) -> None:
    edges = [place * curve.bin_ns / SECOND_NS for place in range(len(curve.cpu_busy_ns) + 1)]
    cpu = [busy / (curve.bin_ns * cores) for busy in curve.cpu_busy_ns]
    gpu = [busy / curve.bin_ns for busy in curve.gpu_busy_ns]
    axis.stairs(
        cpu, edges, fill=True, color=SENTINELS["series-2"], alpha=0.5, linewidth=0,
        label="cores in use",
    )  # fmt: skip
    axis.stairs(
        gpu, edges, baseline=None, color=SENTINELS["series-4"], linewidth=1.3,
        label="LLM server (GPU) at work",
    )  # fmt: skip
    axis.set_ylim(0, 1.06)
    axis.set_yticks([0.5, 1], ["", ""])
    axis.tick_params(left=False, bottom=False, labelbottom=False)
    axis.spines["left"].set_visible(False)
    axis.grid(axis="y")
    for height, text, size, colour in (
        (0.68, label(curve.policy), 10, "ink"),
        (0.24, f"until {duration(curve.end_ns)}", 8, "muted"),
    ):
        axis.text(
            -0.012, height, text, transform=axis.transAxes, ha="right", va="center", fontsize=size,
            color=SENTINELS[colour],
        )  # fmt: skip
    for height, share in zip((0.7, 0.26), busy_shares(curve, cores), strict=True):
        name = "CPU" if height > 0.5 else "GPU"  # noqa: PLR2004, the upper one
        axis.text(
            1.012, height, f"{name} {percent(share)}", transform=axis.transAxes, va="center",
            fontsize=9, color=SENTINELS["muted"],
        )  # fmt: skip


def busy_shares(curve: BusyCurve, cores: int) -> tuple[float, float]:
    """The shares of all cores and of the GPU's time in use, from first arrival to last finish."""
    whole_ns = max(curve.end_ns, 1)
    return (sum(curve.cpu_busy_ns) / (whole_ns * cores), sum(curve.gpu_busy_ns) / whole_ns)


def _bars(axis: "Axes", policy: BarsOfPolicy, height: float) -> None:
    """One path for each thing that requests do, in lines as thick as bars."""
    for doing, (_, colour, share) in _DOING.items():
        xs, ys = [], []
        for row, from_ns, to_ns in _stretches(policy, doing):
            xs += [from_ns / SECOND_NS, to_ns / SECOND_NS, float("nan")]
            ys += [row, row, float("nan")]
        axis.plot(xs, ys, color=SENTINELS[colour], linewidth=share * height, solid_capstyle="butt")
    count = len(policy.bars)
    axis.set_ylim(count - 0.5, -0.5)
    ends = sorted({0, count - 1})
    axis.set_yticks(ends, [f"request {policy.bars[row].request_id}" for row in ends], fontsize=8)
    axis.tick_params(left=False, bottom=False, labelbottom=False)
    axis.spines["left"].set_visible(False)
    axis.grid(axis="x")


def _heading(axis: "Axes", policy: BarsOfPolicy, everybody: str) -> None:
    """The policy, and when it is done with these: with the others it may take longer."""
    last_ns = max(bar.finish_ns for bar in policy.bars)
    axis.set_title(label(policy.policy), loc="left", fontsize=10, color=SENTINELS["ink"], pad=5)
    axis.set_title(
        f"these have ended by {duration(last_ns)}, {everybody}", loc="right", fontsize=9, pad=5,
        color=SENTINELS["muted"],
    )  # fmt: skip


def _stretches(policy: BarsOfPolicy, doing: Doing) -> Iterator[tuple[int, int, int]]:
    """Row, beginning and end."""
    for row, bar in enumerate(policy.bars):
        edges = [bar.arrival_ns, *(stretch.end_ns for stretch in bar.stretches)]
        for stretch, (from_ns, to_ns) in zip(bar.stretches, pairwise(edges), strict=True):
            if stretch.doing is doing:
                yield row, from_ns, to_ns


def _key(figure: "Figure", policies: Sequence[BarsOfPolicy], height: float) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415, late

    found = {
        stretch.doing for policy in policies for bar in policy.bars for stretch in bar.stretches
    }
    handles = [
        Line2D(
            [], [], color=SENTINELS[colour], linewidth=share * height, solid_capstyle="butt",
            label=name,
        )
        for doing, (name, colour, share) in _DOING.items()
        if doing in found
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.092, 1.0), ncols=5, frameon=False,
        labelcolor=SENTINELS["ink"], borderaxespad=0.2, handlelength=1.8, columnspacing=1.8,
    )  # fmt: skip
