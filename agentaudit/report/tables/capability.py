"""What can be recorded, as a table: columns where there is room, and blocks where there is not."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agentaudit.model.capability import Capability
from agentaudit.report.text import one_line

WIDE = 150
"""Columns of text from which everything has a column of its own."""

_LONGEST_COMMAND = 60
_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}


def render_capabilities(capabilities: Sequence[Capability], subject: str, width: int) -> Group:
    """How many there are, then each: what it gives, what was found, what enables it."""
    count = sum(capability.available is True for capability in capabilities)
    sentence = (
        f"{subject}: {count} of {len(capabilities)} kinds of evidence are at hand; the others say"
        " what enables them."
    )
    table = _columns(capabilities) if width >= WIDE else _blocks(capabilities)
    return Group(Text(one_line(sentence), style="bold", overflow="fold"), table)


def _columns(capabilities: Sequence[Capability]) -> Table:
    table = _table(show_header=True)
    table.add_column("capability", no_wrap=True)
    table.add_column("what it gives", ratio=1, overflow="fold")
    table.add_column("found", ratio=1, overflow="fold")
    table.add_column("to enable it", width=_LONGEST_COMMAND, overflow="fold")
    for capability, last in _with_ends(capabilities):
        table.add_row(
            _mark(capability),
            Text(capability.name),
            Text(capability.gives),
            Text(one_line(capability.found), style="dim"),
            _enable(capability),
            end_section=last,
        )
    return table


def _blocks(capabilities: Sequence[Capability]) -> Table:
    """Each a name and lines beside it, which a narrow terminal can hold."""
    table = _table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for capability, last in _with_ends(capabilities):
        lines: list[RenderableType] = [Text(capability.gives, overflow="fold")]
        lines.append(Text(one_line(capability.found), style="dim", overflow="fold"))
        if capability.enable:
            lines.append(Text.assemble(("→ ", "cyan"), _enable(capability)))
        table.add_row(_mark(capability), Text(capability.name), Group(*lines), end_section=last)
    return table


def _table(*, show_header: bool) -> Table:
    table = Table(
        box=box.HORIZONTALS,
        show_header=show_header,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        expand=True,
        border_style="dim",
    )
    table.add_column("", no_wrap=True)
    return table


def _with_ends(capabilities: Sequence[Capability]) -> Iterator[tuple[Capability, bool]]:
    """Each, and whether it is the last of its part."""
    for capability, following in zip(capabilities, [*capabilities[1:], None], strict=True):
        yield capability, following is None or following.part != capability.part


def _mark(capability: Capability) -> Text:
    mark, style = _MARKS[capability.available]
    return Text(mark, style=style)


def _enable(capability: Capability) -> Text:
    return Text(one_line(capability.enable), style="cyan", overflow="fold")
