"""Flows: the kinds of edges along which taint, calls, sight and authority travel."""

from agentaudit.model.deployment import EdgeKind

TAINT = frozenset(
    {
        EdgeKind.INGESTS,
        EdgeKind.PROMPTS,
        EdgeKind.TRIGGERED_BY,
        EdgeKind.DELEGATES_TO,
        EdgeKind.PERSISTS_TO,
        EdgeKind.RECALLS_FROM,
    }
)
CALL = frozenset({EdgeKind.INVOKES})
SIGHT = frozenset({EdgeKind.EXPOSES, EdgeKind.RUNS_ON, EdgeKind.VISIBLE_TO})
EXIT = frozenset({EdgeKind.INVOKES, EdgeKind.RUNS_ON, EdgeKind.EGRESS_TO})
AUTHORITY = frozenset(
    {EdgeKind.AUTHENTICATES_AS, EdgeKind.ASSUMES, EdgeKind.PASSES_ROLE, EdgeKind.GRANTS}
)
ACCESS = frozenset({EdgeKind.READS, EdgeKind.WRITES, EdgeKind.DELETES})
