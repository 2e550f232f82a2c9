"""The worst attack path as a Mermaid drawing, for job summaries and pull requests."""

import re

from agentaudit.model.threat import AttackPath, ThreatModel
from agentaudit.report.text import one_line

_MOST_NODES = 12
_LONGEST = 48
_SPECIAL = re.compile(r"[^\w .,:/@+-]")


def render_mermaid(model: ThreatModel) -> str:
    """A flow chart of the worst path, or one that says that there is none."""
    if not model.paths:
        return 'flowchart LR\n  none["no attack path was found"]\n'
    return mermaid(model.paths[0])


def mermaid(path: AttackPath) -> str:
    """One path: a box for each node, and an arrow for each step, thick across a boundary."""
    nodes = path.nodes[:_MOST_NODES]
    numbers = {node.id: number for number, node in enumerate(nodes)}
    lines = ["flowchart LR"]
    for node in nodes:
        kind = node.kind.replace("_", " ")
        lines.append(f'  n{numbers[node.id]}["{kind}<br/>{_quoted(node.name)}"]')
    for edge in path.edges:
        if edge.src in numbers and edge.dst in numbers:
            arrow = "==>" if edge.crosses_boundary else "-->"
            label = edge.kind.replace("_", " ")
            lines.append(f'  n{numbers[edge.src]} {arrow}|"{label}"| n{numbers[edge.dst]}')
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    """Text of others in a label: letters, digits and harmless marks, the rest as codes."""
    shown = one_line(name)
    cut = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", cut)
