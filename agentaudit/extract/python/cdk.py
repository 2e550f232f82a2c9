"""
Trails of CloudTrail that the CDK declares in Python.

Only that a trail is there is taken from the code; whether it runs, and what it records, is unknown
where a condition stands before it or its settings are computed. Source: AWS CDK API reference,
`aws_cdk.aws_cloudtrail`: `Trail` and `CfnTrail`.
"""

import ast

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import modules
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.controls import AuditLog

_TRAILS = frozenset({"aws_cdk.aws_cloudtrail.Trail", "aws_cdk.aws_cloudtrail.CfnTrail"})


def extract_trails(documents: Documents, collector: Collector) -> None:
    """Every trail that a stack declares."""
    for module in modules(documents).values():
        for call in module.calls():
            if call.name in _TRAILS:
                collector.add(_trail(module, call.node))


def _trail(module: Module, node: ast.Call) -> AuditLog:
    name = module.text(node.args[1]) if len(node.args) > 1 else ""
    key = f"{module.document.file}#{name}.{node.lineno}"
    return AuditLog(
        id=fact_id("audit_log", name or "trail", key),
        name=name or "trail",
        evidence=(module.place(node.func, name or "Trail"),),
        kind="cloudtrail",
        enabled=Truth.UNKNOWN,
    )
