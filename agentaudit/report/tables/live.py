"""A recording in the making, on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.trace import StepKind
from agentaudit.profiling.live import WINDOW_NS, Moment
from agentaudit.report.tables.profile import seconds
from agentaudit.report.text import one_line

_LEVELS = "▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 40
_BAR_WIDTH = 30
_STYLES = {
    StepKind.LLM_INFERENCE: "magenta",
    StepKind.TOOL_CALL: "cyan",
    StepKind.RETRIEVAL: "green",
    StepKind.MEMORY_READ: "blue",
    StepKind.MEMORY_WRITE: "blue",
    StepKind.ORCHESTRATION: "yellow",
}


def render_live(moment: Moment, *, what: str, total_ns: int | None) -> RenderableType:
    """CPU and GPU of the last minute, what threads are in, and the requests in flight."""
    return Group(
        _head(moment, what, total_ns),
        Text(),
        _meters(moment),
        Text(),
        *_steps(moment),
        *_requests(moment),
        *(_incident(incident.lost, incident.what) for incident in moment.incidents),
    )


def _head(moment: Moment, what: str, total_ns: int | None) -> Text:
    whole = f" of {_clock(total_ns)}" if total_ns is not None else ""
    head = Text("recording ", style="bold")
    head.append(one_line(what), style="bold")
    head.append(f"  {_clock(moment.elapsed_ns)}{whole}  Ctrl-C ends it and keeps it", style="dim")
    return _one_line_high(head)


def _clock(nanoseconds: int) -> str:
    passed = nanoseconds // 1_000_000_000
    return f"{passed // 60}:{passed % 60:02d}"


def _meters(moment: Moment) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True, width=_SPARK_WIDTH)
    table.add_column(no_wrap=True)
    now = moment.busy_cores[-1] if moment.busy_cores else 0.0
    table.add_row(
        "CPU",
        Text(spark(moment.busy_cores, moment.cores), style="cyan"),
        f"{now:.1f} of {moment.cores:g} cores",
    )
    if moment.gpu_busy:
        table.add_row(
            "GPU", Text(spark(moment.gpu_busy, 1.0), style="magenta"), f"{moment.gpu_busy[-1]:.0%}"
        )
    else:
        table.add_row("GPU", Text("not seen", style="dim"), "")
    table.add_row("memory", f"{moment.rss_bytes / 2**20:.0f} MiB in {moment.processes} processes")
    return table


def spark(values: Sequence[float], full: float) -> str:
    """One mark for each of the newest values, as high as its share of `full`."""
    newest = values[-_SPARK_WIDTH:]
    top = len(_LEVELS) - 1
    shares = (min(max(value / full if full > 0 else 0.0, 0.0), 1.0) for value in newest)
    return "".join(_LEVELS[round(share * top)] for share in shares)


def _steps(moment: Moment) -> Iterator[RenderableType]:
    if not moment.threads:
        yield Text("no steps seen yet", style="dim")
        return
    yield Text(f"threads by step, last {WINDOW_NS // 1_000_000_000} s", style="dim")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, width=_BAR_WIDTH)
    most = max(threads for _, threads in moment.threads)
    for kind, threads in moment.threads:
        length = max(round(threads / most * _BAR_WIDTH), 1) if most > 0 else 0
        bar = Text("━" * length, style=_STYLES.get(kind, "dim"))
        table.add_row(kind.value, f"{threads:.1f}", bar)
    yield table


def _requests(moment: Moment) -> Iterator[Text]:
    said = []
    if moment.in_flight is not None:
        said.append(f"{counted(moment.in_flight, 'request')} in flight")
    if moment.load_done:
        failed = f", {moment.load_failed} failed" if moment.load_failed else ""
        said.append(f"load: {moment.load_done} answered{failed}, P50 {seconds(moment.load_p50_ns)}")
    if moment.model_calls:
        each_s = WINDOW_NS / 1e9
        said.append(f"{moment.model_calls / each_s:.1f} model calls/s")
    if moment.spans:
        said.append(f"{moment.spans} spans")
    yield Text()
    yield Text(" · ".join(said) if said else "no requests seen yet", overflow="fold")


def _incident(lost: str, what: str) -> Text:
    return _one_line_high(Text(one_line(f"not seen: {lost} ({what})"), style="yellow"))


def _one_line_high(text: Text) -> Text:
    """As much of it as the terminal is wide."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
