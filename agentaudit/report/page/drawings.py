"""Where charts are drawn: matplotlib, imported late, with settings of our own."""

import io
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from agentaudit.model.trace import StepKind
from agentaudit.report.page.blocks import Drawing
from agentaudit.report.page.svg import drawing_of
from agentaudit.report.page.theme import SENTINELS
from agentaudit.report.text import cut, one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECOND_NS = 1_000_000_000
KIND_COLOURS = {
    StepKind.LLM_INFERENCE: "series-4",
    StepKind.TOOL_CALL: "series-2",
    StepKind.RETRIEVAL: "series-3",
    StepKind.MEMORY_READ: "series-5",
    StepKind.MEMORY_WRITE: "series-5",
    StepKind.ORCHESTRATION: "series-6",
    StepKind.IDLE: "series-7",
    StepKind.UNKNOWN: "series-7",
}
POLICY_COLOURS = ("series-3", "series-1", "series-2", "series-4", "series-5", "series-6")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)))
"""Policies by their rank; lines that cover one another are told apart by their dashes."""
_WIDTH_INCHES = 10.0
_LABEL_LENGTH = 26


def in_margins(figure: "Figure", *, top: float = 0.08, bottom: float = 0.5) -> None:
    """The same left and right edges in every chart; top and bottom in inches."""
    height = figure.get_figheight()
    figure.subplots_adjust(left=0.165, right=0.885, top=1 - top / height, bottom=bottom / height)


def blank_figure(height_inches: float) -> "Figure":
    from matplotlib.figure import Figure  # noqa: PLC0415, late

    return Figure(figsize=(_WIDTH_INCHES, height_inches), dpi=72)


def own_style() -> AbstractContextManager[None]:
    """Settings for this drawing alone; text is text, and is never taken for formulas."""
    import matplotlib as mpl  # noqa: PLC0415, late

    ink, muted, line = SENTINELS["ink"], SENTINELS["muted"], SENTINELS["line"]
    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": "agentaudit",
        "text.parse_math": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": line,
        "axes.facecolor": "none",
        "axes.labelcolor": muted,
        "axes.axisbelow": True,
        "figure.facecolor": "none",
        "font.size": 9,
        "grid.color": line,
        "grid.linewidth": 0.6,
        "text.color": ink,
        "xtick.color": line,
        "ytick.color": line,
        "xtick.labelcolor": muted,
        "ytick.labelcolor": muted,
    }
    context: AbstractContextManager[None] = mpl.rc_context(settings)  # type: ignore[arg-type]  # names of settings, which matplotlib checks
    return context


def drawn(figure: "Figure", prefix: str, title: str, summary: str) -> Drawing:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    return drawing_of(buffer.getvalue(), prefix=prefix, title=title, summary=summary)


def label(text: str) -> str:
    return cut(one_line(text), _LABEL_LENGTH)
