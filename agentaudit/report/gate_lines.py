"""Gates on a terminal: what each said, and the numbers that decided it."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from agentaudit.model.gate import GateResult, GateStatus
from agentaudit.model.gauge import GAUGES
from agentaudit.report.text import one_line

_SAID = {
    GateStatus.PASS: ("passed", "green"),
    GateStatus.FAIL: ("FAILED", "bold red"),
    GateStatus.NOT_COMPUTED: ("cannot say", "magenta"),
}
_WIDTH = max(len(word) for word, _ in _SAID.values())


def render_gates(results: Sequence[GateResult]) -> Iterator[Text]:
    """One line for each gate, and one for the numbers it rests on."""
    yield Text()
    for result in results:
        word, style = _SAID[result.status]
        line = Text(f"{word:<{_WIDTH}}  ", style=style)
        yield line.append(f"fail if {one_line(result.condition)}", style="not bold default")
        readings = ", ".join(_reading(name, number) for name, number in result.readings)
        yield Text(f"{'':<{_WIDTH}}  {readings}", style="dim")


def render_gauges() -> Text:
    """The names that a condition may ask, each with its meaning."""
    width = max(len(gauge.name) for gauge in GAUGES)
    return Text("\n".join(f"  {gauge.name:<{width}}  {gauge.meaning}" for gauge in GAUGES))


def _reading(name: str, number: float | None) -> str:
    return f"{name} = unknown" if number is None else f"{name} = {number:.4g}"
