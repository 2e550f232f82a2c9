"""The threat model: the graph, the paths through it, how far an attacker gets, what would help."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit import __version__
from agentaudit.model.deployment import Deployment, FileCoverage, FileStatus, Unresolved
from agentaudit.model.threat import ThreatModel, ThreatRules
from agentaudit.threats.blast_radius import open_ends
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.likeness import folded
from agentaudit.threats.mitigations import mitigations, state
from agentaudit.threats.queries import answers
from agentaudit.threats.views import View


def threat_model(deployment: Deployment, rules: ThreatRules) -> ThreatModel:
    """Everything that `agentaudit threat-model` says of a deployment."""
    graph = threat_graph(deployment)
    seen = View(graph=folded(graph, rules), classes=rules.actions)
    before = state(seen, rules)
    found = answers(seen, rules)
    ends = open_ends(seen)
    cut = (*graph.left_open, *found.left_open)
    return ThreatModel(
        root=deployment.root,
        nodes=graph.nodes,
        edges=graph.edges,
        paths=found.paths,
        cannot_exclude=found.cannot_exclude,
        blast_radius=before.radius,
        mitigations=mitigations(before, rules),
        unresolved=tuple(sorted({*deployment.unresolved, *cut, *ends})),
        coverage=tuple(_coverage(deployment, cut)),
        incomplete=deployment.incomplete or bool(cut),
        agents=len(deployment.agents),
        tool_version=__version__,
    )


def _coverage(deployment: Deployment, ends: Sequence[Unresolved]) -> Iterator[FileCoverage]:
    """A file of which more follows than can be followed is known in part: nobody overlooks it."""
    cut = {end.evidence.file: end for end in reversed(ends)}
    for file in deployment.coverage:
        end = cut.get(file.file)
        if end is None or file.status is not FileStatus.READ:
            yield file
            continue
        line, column = end.evidence.line, end.evidence.column
        yield replace(file, status=FileStatus.PARTIAL, reason=end.what, line=line, column=column)
