"""The threat model: the graph, the paths through it, how far an attacker gets, what would help."""

from agentaudit import __version__
from agentaudit.model.deployment import Deployment
from agentaudit.model.threat import ThreatModel, ThreatRules
from agentaudit.threats.blast_radius import blast_radius, open_ends
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.mitigations import State, mitigations
from agentaudit.threats.queries import answers


def threat_model(deployment: Deployment, rules: ThreatRules) -> ThreatModel:
    """Everything that `agentaudit threat-model` says of a deployment."""
    graph = threat_graph(deployment)
    found = answers(graph, rules)
    before = State(graph=graph, paths=found.paths, radius=blast_radius(graph, rules.actions))
    return ThreatModel(
        root=deployment.root,
        nodes=graph.nodes,
        edges=graph.edges,
        paths=found.paths,
        cannot_exclude=found.cannot_exclude,
        blast_radius=before.radius,
        mitigations=mitigations(before, rules),
        unresolved=tuple(sorted({*deployment.unresolved, *open_ends(graph, rules.actions)})),
        coverage=deployment.coverage,
        incomplete=deployment.incomplete,
        agents=len(deployment.agents),
        tool_version=__version__,
    )
