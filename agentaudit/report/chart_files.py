"""The charts of a simulation as files, the same as on the page."""

from collections.abc import Iterator, Sequence

from agentaudit.model.results import Simulation
from agentaudit.report.page.blocks import Block, Figure, Folded
from agentaudit.report.page.scheduler_section import scheduler_section
from agentaudit.report.page.svg import standalone


def chart_files(simulation: Simulation) -> Iterator[tuple[str, str]]:
    """The name of each file, and its SVG."""
    for figure in _figures(scheduler_section(simulation).blocks):
        yield f"{figure.id.removesuffix('-chart')}.svg", standalone(figure.drawing, figure.title)


def _figures(blocks: Sequence[Block]) -> Iterator[Figure]:
    for block in blocks:
        if isinstance(block, Figure):
            yield block
        elif isinstance(block, Folded):
            yield from _figures(block.blocks)
