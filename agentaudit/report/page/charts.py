"""The charts of step kinds and of schedulers, drawn in stand-in colours that the page replaces."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentaudit.model.profile import KindShare
from agentaudit.model.results import PolicyResult
from agentaudit.report.decisions.profile_decision import words
from agentaudit.report.page.blocks import Drawing
from agentaudit.report.page.drawings import (
    DASHES,
    KIND_COLOURS,
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

_SHAPES = (("P50", "o"), ("P90", "s"), ("P99", "D"))


def kinds_chart(kinds: Sequence[KindShare], *, title: str, summary: str) -> Drawing:
    """Share of CPU time, with its interval, and of wall time, by kind of step."""
    with own_style():
        figure = blank_figure(0.52 * len(kinds) + 0.55)
        axis = figure.subplots()
        in_margins(figure, bottom=0.3)
        for index, kind in enumerate(reversed(kinds)):
            _kind_bars(axis, index, kind)
        axis.set_yticks(range(len(kinds)), [words(kind.kind) for kind in reversed(kinds)])
        axis.tick_params(axis="y", labelsize=10, labelcolor=SENTINELS["ink"])
        axis.set_xlim(0, 1)
        axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
        axis.set_ylim(-0.6, len(kinds) - 0.4)
        axis.grid(axis="x")
        return drawn(figure, "kinds", title, summary)


def latency_chart(results: Sequence[PolicyResult], *, title: str, summary: str) -> Drawing:
    """P50, P90 and P99 of each policy on one line, the best on top."""
    with own_style():
        figure = blank_figure(0.55 * len(results) + 0.75)
        axis = figure.subplots()
        in_margins(figure, top=0.28)
        for index, result in enumerate(reversed(results)):
            _percentiles(axis, index, result, named=index == len(results) - 1)
        labels = [label(result.policy) for result in reversed(results)]
        axis.set_yticks(range(len(results)), labels)
        axis.tick_params(axis="y", labelsize=10, labelcolor=SENTINELS["ink"])
        axis.set_ylim(-0.6, len(results) - 0.4)
        axis.set_xlim(left=0)
        axis.set_xlabel("seconds from arrival to finish")
        axis.grid(axis="x")
        return drawn(figure, "latency", title, summary)


def distribution_chart(results: Sequence[PolicyResult], *, title: str, summary: str) -> Drawing:
    """Share of requests that finished within a time, a line a policy."""
    with own_style():
        figure = blank_figure(3.6)
        axis = figure.subplots()
        in_margins(figure)
        for index, result in enumerate(results):
            _distribution(axis, index, result)
        axis.set_ylim(0, 1.02)
        axis.set_yticks([0, 0.5, 0.9, 1], ["0", "50%", "90%", "100%"])
        axis.set_ylabel("requests finished")
        axis.set_xlim(left=0)
        axis.set_xlabel("seconds from arrival to finish")
        axis.grid(axis="both")
        axis.legend(loc="lower right", frameon=False, labelcolor=SENTINELS["ink"], handlelength=3.5)
        return drawn(figure, "distribution", title, summary)


def _kind_bars(axis: "Axes", index: int, kind: KindShare) -> None:
    colour = SENTINELS[KIND_COLOURS[kind.kind]]
    low = max(kind.cpu_share - kind.cpu_share_low, 0)
    high = max(kind.cpu_share_high - kind.cpu_share, 0)
    axis.barh(index + 0.17, kind.cpu_share, height=0.34, color=colour)
    axis.errorbar(
        kind.cpu_share, index + 0.17, xerr=[[low], [high]], color=SENTINELS["ink"],
        elinewidth=0.9, capsize=2.2, fmt="none",
    )  # fmt: skip
    axis.barh(index - 0.17, kind.wall_share, height=0.13, color=colour, alpha=0.6)
    for offset, share, edge, name in (
        (0.17, kind.cpu_share, max(kind.cpu_share_high, kind.cpu_share), "of CPU time"),
        (-0.17, kind.wall_share, kind.wall_share, "of wall time"),
    ):
        axis.text(
            edge + 0.008, index + offset, f"{percent(share)} {name}", va="center", fontsize=8,
            color=SENTINELS["muted"],
        )  # fmt: skip


def _percentiles(axis: "Axes", index: int, result: PolicyResult, *, named: bool) -> None:
    latency = result.overall.latency
    seconds = [value / SECOND_NS for value in (latency.p50_ns, latency.p90_ns, latency.p99_ns)]
    colour = SENTINELS["series-1"]
    axis.plot([seconds[0], seconds[-1]], [index, index], color=colour, alpha=0.4, linewidth=2.5)
    for value, (name, shape) in zip(seconds, _SHAPES, strict=True):
        axis.plot([value], [index], marker=shape, markersize=6.5, color=colour, linestyle="none")
        if named:
            axis.annotate(
                name, (value, index), (0, 11), textcoords="offset points", ha="center",
                fontsize=9, color=SENTINELS["muted"],
            )  # fmt: skip
    axis.annotate(
        duration(latency.p99_ns), (seconds[-1], index), (9, 0), textcoords="offset points",
        va="center", fontsize=9, color=SENTINELS["ink"],
    )  # fmt: skip


def _distribution(axis: "Axes", index: int, result: PolicyResult) -> None:
    ordered = sorted(result.sample_latencies_ns)
    axis.plot(
        [value / SECOND_NS for value in ordered],
        [(place + 1) / len(ordered) for place in range(len(ordered))],
        color=SENTINELS[POLICY_COLOURS[index % len(POLICY_COLOURS)]],
        linestyle=DASHES[index % len(DASHES)],
        linewidth=1.7,
        label=label(result.policy),
    )
