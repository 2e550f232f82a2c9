"""SARIF 2.1.0 of a threat model: each attack path a result with a code flow, one step a node."""

from collections.abc import Mapping, Sequence

from agentaudit.model.threat import AttackPath, GraphEdge, ThreatModel
from agentaudit.report.coverage import unread_files
from agentaudit.report.formats.sarif import SCHEMA
from agentaudit.report.formats.sarif_places import ROOTS, flow_step, linkless, physical_location
from agentaudit.report.formats.sarif_rules import LEVELS, SECURITY_SEVERITY, Json
from agentaudit.report.formats.written_json import written

_FAMILIES: Mapping[str, str] = {
    "credential-theft": "credentials",
    "untrusted-to-privileged-write": "credentials",
    "untrusted-to-administration": "iam",
    "outsider-holds-permissions": "iam",
    "outsider-steers-workflow": "iam",
    "cross-session-memory-poisoning": "memory",
    "unbounded-memory": "memory",
}


def render_threat_sarif(model: ThreatModel) -> str:
    """The paths as one run of their own category."""
    kinds = sorted({path.query: path for path in model.paths}.items())
    indices = {name: number for number, (name, _) in enumerate(kinds)}
    run = {
        "tool": {
            "driver": {
                "name": "agentaudit",
                "semanticVersion": model.tool_version,
                "version": model.tool_version,
                "rules": [_rule(path) for _, path in kinds],
            }
        },
        "automationDetails": {"id": "agentaudit/threat-model/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": ROOTS,
        "invocations": [_invocation(model)],
        "results": [_result(path, indices[path.query]) for path in model.paths],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return written(document)


def _rule(path: AttackPath) -> Json:
    broken = "\n".join(f"- {control}" for control in path.broken_by)
    return {
        "id": path.query,
        "name": "".join(part.capitalize() for part in path.query.split("-")),
        "shortDescription": {"text": path.title},
        "help": {
            "text": f"Breaks with:\n{broken}",
            "markdown": f"**{path.title}** breaks with:\n\n{broken}",
        },
        "properties": {
            "tags": _tags(path),
            "security-severity": SECURITY_SEVERITY[path.severity],
        },
    }


def _result(path: AttackPath, index: int) -> Json:
    return {
        "ruleId": path.query,
        "ruleIndex": index,
        "level": LEVELS[path.severity],
        "message": {"text": linkless(path.sentence)},
        "locations": [{"physicalLocation": physical_location(path.nodes[0].evidence)}],
        "codeFlows": [{"threadFlows": [{"locations": _steps(path)}]}],
        "partialFingerprints": {
            "agentauditPath/v1": path.id,
            "primaryLocationLineHash": f"{path.id}:1",
        },
        "properties": {
            "tags": _tags(path),
            "severity": path.severity.value,
            "security-severity": SECURITY_SEVERITY[path.severity],
            "confidence": path.confidence.value,
            "folded": path.folded,
        },
    }


def _steps(path: AttackPath) -> Sequence[Json]:
    """Where the path starts, then each step along it."""
    start = path.nodes[0]
    names = {node.id: node.name for node in path.nodes}
    return [
        flow_step(0, start.evidence, f"starts with {start.name}", essential=False),
        *(
            flow_step(number, edge.evidence, _told(edge, names), essential=edge.crosses_boundary)
            for number, edge in enumerate(path.edges, start=1)
        ),
    ]


def _told(edge: GraphEdge, names: Mapping[str, str]) -> str:
    return f"{names[edge.src]} → {edge.kind.replace('_', ' ')} → {names[edge.dst]}"


def _tags(path: AttackPath) -> Sequence[str]:
    """The family first; weaknesses as code hosts know them."""
    family = _FAMILIES.get(path.query, "tools")
    weaknesses = (name.partition(":")[2].lower() for name in path.references if "CWE" in name)
    return [family, "security", *(f"external/cwe/{name}" for name in weaknesses)]


def _invocation(model: ThreatModel) -> Json:
    return {
        "executionSuccessful": not model.incomplete,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": linkless(f"{file.file}: {file.status}: {file.reason}")},
            }
            for file in unread_files(model)
        ],
    }
