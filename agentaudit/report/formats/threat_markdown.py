"""The threat model as Markdown: for job summaries and pull requests."""

from collections.abc import Iterator

from agentaudit.lists import counted
from agentaudit.model.threat import AttackPath, BlastRadius, ThreatModel
from agentaudit.report.formats.markdown_findings import safe
from agentaudit.report.formats.threat_mermaid import mermaid
from agentaudit.report.quantities import bounds
from agentaudit.report.tables.threat import path_counts, radius_lines
from agentaudit.report.text import printable

_FENCE = "````"


def render_threat_markdown(model: ThreatModel) -> str:
    """Numbers, the worst path drawn, every path in words, and what each change would do."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: ThreatModel) -> Iterator[str]:
    counts = f" ({path_counts(model.paths)})" if model.paths else ""
    yield "## agentaudit threat-model"
    yield ""
    yield f"**{counted(len(model.paths), 'attack path')}**{counts}."
    yield ""
    yield "| blast radius | |"
    yield "|---|---|"
    yield from (f"| {' '.join(what.split())} | {amount} |" for what, amount in _radius(model))
    if model.paths:
        yield from ("", "### The worst path", "", "```mermaid")
        yield mermaid(model.paths[0]).rstrip("\n")
        yield "```"
    for number, path in enumerate(model.paths, start=1):
        yield from _path(number, path)
    yield from _what_if(model)
    yield from _open(model)


def _radius(model: ThreatModel) -> Iterator[tuple[str, str]]:
    yield from radius_lines(model.blast_radius)


def _path(number: int, path: AttackPath) -> Iterator[str]:
    yield ""
    yield f"### {number}. {path.severity.value}: {safe(path.title)}"
    yield ""
    yield safe(path.sentence)
    yield ""
    names = {node.id: node.name for node in path.nodes}
    for edge in path.edges:
        step = edge.kind.replace("_", " ")
        src, dst = safe(names[edge.src]), safe(names[edge.dst])
        yield f"- {src} → *{step}* → {dst} ({safe(str(edge.evidence))})"
    yield ""
    more = f" {counted(path.folded, 'more way')} like it." if path.folded else ""
    yield f"Breaks with: {'; or '.join(path.broken_by)}. Confidence: {path.confidence}.{more}"


def _what_if(model: ThreatModel) -> Iterator[str]:
    if not model.mitigations:
        return
    yield from ("", "### What if", "", "| change | LIVE | THEFT | closes | opens |")
    yield "|---|---:|---:|---:|---:|"
    yield f"| as it is | {_numbers(model.blast_radius)} | | |"
    for item in model.mitigations:
        numbers = _numbers(item.blast_radius)
        yield f"| {safe(item.title)} | {numbers} | {len(item.closes)} | {len(item.opens)} |"
    for item in model.mitigations:
        if item.patch:
            yield ""
            yield f"<details><summary>{safe(item.title)}</summary>"
            yield from ("", safe(item.description), "", _FENCE)
            yield printable(item.patch).replace(_FENCE, "").rstrip("\n")
            yield from (_FENCE, "", "</details>")


def _numbers(radius: BlastRadius) -> str:
    return f"{bounds(radius.live)} | {bounds(radius.theft_action_hours)}"


def _open(model: ThreatModel) -> Iterator[str]:
    if model.cannot_exclude:
        yield from ("", "### Cannot be excluded, because a step is unknown", "")
    for path in model.cannot_exclude:
        yield f"- {path.severity.value}? {safe(path.sentence)}"
    if model.unresolved:
        yield from ("", "### Unresolved", "")
    for item in model.unresolved:
        yield f"- {safe(str(item.evidence))}: {safe(item.what)}; {safe(item.effect)}"
