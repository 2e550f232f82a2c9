"""The threat model on a terminal: how far an attacker gets, the paths, and what would help."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.deployment import FileStatus
from agentaudit.model.threat import (
    AttackPath,
    BlastRadius,
    GraphNode,
    MitigationOutcome,
    ThreatModel,
)
from agentaudit.report.coverage import by_severity, told, unread_files
from agentaudit.report.quantities import bounds, percent
from agentaudit.report.tables.findings import STYLES
from agentaudit.report.text import cut, inert, one_line, printable, wrapped
from agentaudit.threats.mitigations import TOGETHER

MOST_PATHS = 10
"""More are counted; `--verbose` shows them all."""

_NARROWEST = 60
_WIDEST = 100
_INDENT = "   "
_NARROWEST_WHAT = 18
_MOST_OPEN = 5
_DECLARE = "Where no file says what a tool does, declare what it does in agentaudit.yaml."


def render_threat_table(model: ThreatModel, *, width: int, verbose: bool = False) -> Text:
    """Everything that fits on a screen or two; colour says nothing alone."""
    width = min(max(width, _NARROWEST), _WIDEST)
    shown = model.paths if verbose else model.paths[:MOST_PATHS]
    text = Text()
    for line in wrapped(counts_sentence(model), width):
        _add(text, f"{line}\n", style="bold")
    _add(text, "\n")
    _add_radius(text, model.blast_radius)
    for number, path in enumerate(shown, start=1):
        _add(text, "\n")
        _add_path(text, number, path, width)
    if len(shown) < len(model.paths):
        left = counted(len(model.paths) - len(shown), "more path")
        _add(text, f"\n{_INDENT}{left}: `agentaudit -v threat-model`, or --format markdown\n")
    _add_what_if(text, model, width)
    _add_doubtful(text, model, width, verbose=verbose)
    _add_coverage(text, model, width, verbose=verbose)
    return text


def path_counts(paths: Sequence[AttackPath]) -> str:
    """`3 critical, 15 high`."""
    counts = by_severity(path.severity for path in paths)
    return ", ".join(f"{count} {severity}" for severity, count in counts.items())


def counts_sentence(model: ThreatModel) -> str:
    paths = counted(len(model.paths), "attack path")
    counts = f" ({path_counts(model.paths)})" if model.paths else ""
    doubtful = len(model.cannot_exclude)
    rest = f"; {doubtful} more cannot be excluded" if doubtful else ""
    return f"{paths}{counts} through {counted(model.agents, 'agent')}{rest}."


def radius_lines(radius: BlastRadius) -> Iterator[tuple[str, str]]:
    """Both numbers and what they are made of, each with its unit."""
    low, high = percent(radius.exposure.low), percent(radius.exposure.high)
    yield "LIVE   what can be done now", f"{bounds(radius.live)} sensitive actions"
    yield "       that hand out permissions", bounds(radius.live_permissions_management)
    yield "       that cannot be undone", bounds(radius.live_irreversible)
    yield "THEFT  what can be done later", f"{bounds(radius.theft_action_hours)} action-hours"
    yield "       credentials that can be stolen", bounds(radius.stealable_credentials)
    yield "       declared resources in reach", low if low == high else f"{low} to {high}"


def _add_radius(text: Text, radius: BlastRadius) -> None:
    _add(text, f"Blast radius: {one_line(radius.agent)}\n", style="bold")
    for what, amount in radius_lines(radius):
        _add(text, f"{_INDENT}{what:<39}{amount}\n")


def _add_path(text: Text, number: int, path: AttackPath, width: int) -> None:
    _add(text, f"{number:>2} ")
    _add(text, path.severity.value, style=STYLES[path.severity])
    _add(text, f" {path.title}\n", style="bold")
    _add_wrapped(text, path.sentence, width)
    for node, arrow in zip(path.nodes, _arrows(path), strict=True):
        _add(text, f"{_step(node, arrow, width)}\n")
    _add_wrapped(text, f"Breaks with: {'; or '.join(path.broken_by)}.", width, style="green")
    more = f"; {counted(path.folded, 'more way')} like it" if path.folded else ""
    references = ", ".join(reference.partition(":")[2] for reference in path.references)
    tail = f"Confidence: {path.confidence}{more}. {references}. Id: {path.id}"
    _add_wrapped(text, tail, width, style="dim")


def _arrows(path: AttackPath) -> Iterator[str]:
    """`->` from the node above; `+>` where another branch starts from a node further up."""
    yield "   "
    steps = {(edge.src, edge.dst) for edge in path.edges}
    for above, node in pairwise(path.nodes):
        yield "-> " if (above.id, node.id) in steps else "+> "


def _step(node: GraphNode, arrow: str, width: int) -> str:
    """A leg of the chain: what it is, and where it stands."""
    place = one_line(str(node.evidence))
    kind = node.kind.replace("_", " ")
    left = f"{_INDENT}{arrow}{kind} {one_line(node.name)}"
    if len(left) + len(place) + 2 <= width:
        return f"{left}{place:>{width - len(left)}}"
    return f"{cut(left, width)}\n{place:>{width}}"


def _add_what_if(text: Text, model: ThreatModel, width: int) -> None:
    """Both numbers before and after each change."""
    if not model.mitigations:
        return
    rows: list[tuple[str, ...]] = [
        ("What if", "LIVE", "THEFT", "closes", "opens"),
        _cells("as it is", model.blast_radius, "", ""),
        *map(_outcome_cells, model.mitigations),
    ]
    if not any(outcome.opens for outcome in model.mitigations):  # a rare thing
        rows = [row[:-1] for row in rows]
    _add(text, "\n")
    for number, line in enumerate(_aligned(rows, width)):
        _add(text, f"{line}\n", style="" if number else "bold")
    for outcome in model.mitigations:
        if outcome.name == TOGETHER:
            steps = one_line(outcome.description)
            for line in wrapped(f"Together: {steps[:1].lower()}{steps[1:]}", width):
                _add(text, f"{line}\n")
    _add(text, "LIVE in sensitive actions, THEFT in action-hours; each from asking again.\n")
    _add_patch(text, model.mitigations)


def _aligned(rows: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """Rows under each other; the first column takes further lines where it does not fit."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = width - sum(widths[1:]) - 2 * len(widths[1:])
    widths[0] = min(widths[0], max(left, _NARROWEST_WHAT))
    for what, *cells in rows:
        first, *further = textwrap.wrap(what, widths[0])
        rest = (f"{cell:>{wide}}" for cell, wide in zip(cells, widths[1:], strict=True))
        yield "  ".join((f"{first:<{widths[0]}}", *rest)).rstrip()
        yield from (f"{_INDENT}{line}" for line in further)


def _outcome_cells(outcome: MitigationOutcome) -> tuple[str, ...]:
    opens = str(len(outcome.opens)) if outcome.opens else ""
    what = outcome.title or outcome.name
    return _cells(what, outcome.blast_radius, str(len(outcome.closes)), opens)


def _cells(what: str, radius: BlastRadius, closes: str, opens: str) -> tuple[str, ...]:
    live, theft = (
        bounds(item).replace(" to ", "-") for item in (radius.live, radius.theft_action_hours)
    )
    return what, live, theft, closes, opens


def _add_patch(text: Text, outcomes: Sequence[MitigationOutcome]) -> None:
    """The sketch of the gateway, which is the change that most deployments need first."""
    for outcome in outcomes:
        if outcome.name == "interpose-gateway" and outcome.patch:
            _add(text, f"\nSketch: {outcome.title}\n", style="bold")
            for line in printable(outcome.patch).splitlines():
                _add(text, f"{inert(f'{_INDENT}{line}')}\n", style="dim")


def _add_doubtful(text: Text, model: ThreatModel, width: int, *, verbose: bool) -> None:
    """The paths with a leg that nobody could decide."""
    if not model.cannot_exclude:
        return
    _add(text, "\nCannot be excluded, because a step is unknown\n", style="bold")
    shown = model.cannot_exclude if verbose else model.cannot_exclude[:_MOST_OPEN]
    for path in shown:
        _add_wrapped(text, f"{path.severity}? {one_line(path.sentence)}", width)
    if len(shown) < len(model.cannot_exclude):
        _add(text, f"{_INDENT}and {len(model.cannot_exclude) - len(shown)} more\n")
    if any(node.kind == "tool" for path in model.cannot_exclude for node in path.nodes):
        _add_wrapped(text, _DECLARE, width, style="green")


def _add_coverage(text: Text, model: ThreatModel, width: int, *, verbose: bool) -> None:
    """What was read, what was not, and what stayed open."""
    statuses = [file.status for file in model.coverage]
    asked = len(statuses) - statuses.count(FileStatus.SKIPPED)
    read = f"Read {statuses.count(FileStatus.READ)} of {counted(asked, 'file')}"
    _add(text, f"\n{read}; {counted(len(model.unresolved), 'open end')}.\n")
    ends = model.unresolved if verbose else model.unresolved[:_MOST_OPEN]
    for end in ends:
        _add_wrapped(text, f"{end.evidence}: {end.what}; {end.effect}", width)
    if len(ends) < len(model.unresolved):
        _add(text, f"{_INDENT}and {len(model.unresolved) - len(ends)} more\n")
    for file in unread_files(model):
        _add_wrapped(text, told(file), width, style="yellow")


def _add_wrapped(text: Text, words: str, width: int, *, style: str = "") -> None:
    for line in wrapped(one_line(words), width, first=_INDENT):
        _add(text, f"{line}\n", style=style)


def _add(text: Text, words: str, *, style: str = "") -> None:
    text.append(words, style=style or None)
