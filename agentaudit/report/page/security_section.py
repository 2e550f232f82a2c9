"""The threat model on the page: how far an attacker gets, what would change it, and the paths."""

from agentaudit.lists import counted
from agentaudit.model.threat import (
    AttackPath,
    BlastRadius,
    GraphEdge,
    GraphNode,
    MitigationOutcome,
    ThreatModel,
    sentence_case,
)
from agentaudit.report.page.blocks import (
    NOTHING,
    Block,
    Cell,
    Code,
    Figure,
    Folded,
    KeyNumber,
    KeyNumbers,
    Paragraph,
    Part,
    Points,
    Row,
    Section,
    Table,
    Terms,
    columns,
    plain,
)
from agentaudit.report.page.swimlane import ZONES, step_words, swimlane
from agentaudit.report.quantities import bounds, percent
from agentaudit.report.tones import SEVERITY_TONES

_MOST_PATHS = 25
_MOST_OPEN_PATHS = 5
_MOST_CROSSINGS = 200
_MISSING = "No threat model was made: no threats.json was given."


def what_if_section(threats: ThreatModel | None) -> Section:
    """Both numbers as they are, and after each change."""
    title = "Security what-if"
    if threats is None:
        return Section(id="what-if", title=title, lead=_MISSING)
    radius = threats.blast_radius
    lead = (
        f"Whoever steers {radius.agent or 'the agent'} can carry out {bounds(radius.live)}"
        f" sensitive actions at once, and with what can be stolen"
        f" {bounds(radius.theft_action_hours)} action-hours within {radius.horizon_hours:,} hours."
    )
    blocks = (key_numbers(radius), _outcomes(threats), *_patches(threats))
    return Section(id="what-if", title=title, lead=lead, blocks=blocks)


def paths_section(threats: ThreatModel | None) -> Section:
    """The paths, the gravest first, each as a sentence, a drawing and a table."""
    title = "Attack paths"
    if threats is None:
        return Section(id="paths", title=title, lead=_MISSING)
    shown = threats.paths[:_MOST_PATHS]
    lead = f"{counted(len(threats.paths), 'path')} from untrusted input to damage"
    folded = sum(path.folded for path in threats.paths)
    lead += f", and {folded:,} more of the same kinds." if folded else "."
    if len(shown) < len(threats.paths):
        lead += f" The first {len(shown)} are shown; all are in threats.json."
    if shown:
        lead += " A dashed arrow is a step that is not certain."
    blocks = (*_paths(shown), *_undecided(threats), *_crossings(threats))
    return Section(id="paths", title=title, lead=lead, blocks=blocks)


def key_numbers(radius: BlastRadius) -> KeyNumbers:
    """LIVE and THEFT, never one score."""
    return KeyNumbers(
        items=(
            KeyNumber(
                label="LIVE: sensitive actions reachable now",
                value=bounds(radius.live),
                note=f"{bounds(radius.live_permissions_management)} manage permissions,"
                f" {bounds(radius.live_irreversible)} cannot be undone",
            ),
            KeyNumber(
                label="THEFT: action-hours of what can be stolen",
                value=bounds(radius.theft_action_hours),
                note=f"{bounds(radius.stealable_credentials)} credentials can be stolen",
            ),
            KeyNumber(
                label="Declared resources in reach",
                value=_share(radius),
                note="of those that the files name",
            ),
        )
    )


def _share(radius: BlastRadius) -> str:
    low, high = percent(radius.exposure.low), percent(radius.exposure.high)
    return low if low == high else f"{low} to {high}"


def _outcomes(threats: ThreatModel) -> Table:
    numbers = ("Closes", "Opens", "LIVE", "Permissions", "Irreversible", "THEFT", "Stealable")
    as_is = _radius_cells(threats.blast_radius)
    return Table(
        id="mitigations",
        caption="Paths and numbers after each change, from asking all queries again",
        columns=columns("Change", *numbers, numbers=numbers),
        rows=(
            Row(cells=(*plain("as it is", NOTHING, NOTHING), *as_is)),
            *(
                Row(
                    id=f"change-{index}",
                    cells=(
                        *plain(_headed(outcome), str(len(outcome.closes))),
                        *plain(str(len(outcome.opens))),
                        *_radius_cells(outcome.blast_radius),
                    ),
                )
                for index, outcome in enumerate(threats.mitigations, 1)
            ),
        ),
        note="LIVE counts actions, THEFT action-hours. A range says that something is unknown.",
    )


def _radius_cells(radius: BlastRadius) -> tuple[Cell, ...]:
    return plain(
        bounds(radius.live),
        bounds(radius.live_permissions_management),
        bounds(radius.live_irreversible),
        bounds(radius.theft_action_hours),
        bounds(radius.stealable_credentials),
    )


def _patches(threats: ThreatModel) -> tuple[Block, ...]:
    """Each change in words, with a sketch of it where there is one."""
    told: list[Block] = []
    for outcome in threats.mitigations:
        title = f"{_headed(outcome)}. {outcome.description}"
        told.append(
            Code(title=title, text=outcome.patch) if outcome.patch else Paragraph(text=title)
        )
    summary = "What each change does, with a sketch to adapt and try"
    return (Folded(summary=summary, blocks=tuple(told)),) if told else ()


def _headed(outcome: MitigationOutcome) -> str:
    """The title of a change, or its name in words: `interpose-gateway` as `Interpose gateway`."""
    text = outcome.title or outcome.name.replace("-", " ")
    return sentence_case(text)


def _path(number: int, path: AttackPath) -> Part:
    prefix = f"path-{number}"
    facts = (
        ("Broken by", "; ".join(path.broken_by)),
        ("Confidence", str(path.confidence)),
        ("Folded into it", f"{counted(path.folded, 'more path')} of this kind"),
        ("Maps to", ", ".join(path.references)),
    )
    said = {"Folded into it": path.folded, "Broken by": path.broken_by, "Maps to": path.references}
    return Part(
        id=prefix,
        title=f"{number}. {path.title}",
        badge=str(path.severity),
        tone=SEVERITY_TONES[path.severity],
        blocks=(
            Figure(
                id=f"{prefix}-lanes",
                title="",
                summary=path.sentence,
                drawing=swimlane(path, prefix=prefix),
                twin=_legs(prefix, path),
            ),
            Terms(items=tuple(fact for fact in facts if said.get(fact[0], True))),
        ),
    )


def _paths(shown: tuple[AttackPath, ...]) -> tuple[Block, ...]:
    """The gravest in full; the others behind their title, so that the page stays a page."""
    parts = tuple(_path(number, path) for number, path in enumerate(shown, 1))
    rest = tuple(
        Folded(summary=f"{part.title} · {part.badge}{_ends(path)}", blocks=(part,))
        for part, path in tuple(zip(parts, shown, strict=True))[_MOST_OPEN_PATHS:]
    )
    return (*parts[:_MOST_OPEN_PATHS], *rest)


def _ends(path: AttackPath) -> str:
    """Where it starts and where it ends, to tell paths of one title apart."""
    return f" · {path.nodes[0].name} → {path.nodes[-1].name}" if path.nodes else ""


def _legs(prefix: str, path: AttackPath) -> Table:
    names = {node.id: node.name for node in path.nodes}
    return Table(
        id=f"{prefix}-legs",
        caption=f"{prefix.capitalize().replace('-', ' ')}, step by step, with evidence",
        columns=columns("From", "Step", "To", "Confidence", "Boundary", "Where"),
        rows=tuple(_leg(edge, names) for edge in path.edges),
    )


def _leg(edge: GraphEdge, names: dict[str, str]) -> Row:
    return Row(
        cells=(
            Cell(text=names.get(edge.src, edge.src)),
            Cell(text=step_words(edge.kind)),
            Cell(text=names.get(edge.dst, edge.dst)),
            Cell(text=str(edge.confidence)),
            Cell(text="crossed" if edge.crosses_boundary else NOTHING),
            Cell(text=str(edge.evidence), code=True),
        )
    )


def _undecided(threats: ThreatModel) -> tuple[Block, ...]:
    if not threats.cannot_exclude:
        return ()
    items = tuple(
        f"{path.title} ({path.severity}): {path.sentence}"
        for path in threats.cannot_exclude[:_MOST_PATHS]
    )
    title = f"Cannot be excluded ({len(threats.cannot_exclude):,}): a step is unknown"
    return (Points(title=title, items=items),)


def _crossings(threats: ThreatModel) -> tuple[Block, ...]:
    nodes = {node.id: node for node in threats.nodes}
    crossing = [
        edge
        for edge in threats.edges
        if edge.crosses_boundary and edge.src in nodes and edge.dst in nodes
    ]
    if not crossing:
        return ()
    rows = tuple(
        Row(
            cells=(
                *plain(_placed(nodes[edge.src]), step_words(edge.kind), _placed(nodes[edge.dst])),
                Cell(text=str(edge.evidence), code=True),
            )
        )
        for edge in crossing[:_MOST_CROSSINGS]
    )
    cut = f"Showing {_MOST_CROSSINGS} of {len(crossing):,}; all are in threats.json."
    table = Table(
        id="boundaries",
        caption="Steps that cross a trust boundary",
        columns=columns("From", "Step", "To", "Where"),
        rows=rows,
        note=cut if len(crossing) > _MOST_CROSSINGS else "",
    )
    count = counted(len(crossing), "step crosses", "steps cross")
    return (Folded(summary=f"Trust boundaries: {count} one", blocks=(table,)),)


def _placed(node: GraphNode) -> str:
    return f"{node.name} ({ZONES.get(node.zone, node.zone)})"
