"""Policies that stand at a resource: whom they let in besides those who are given rights."""

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.policies import PolicySource, Statement, statements
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.permissions import Grant

_TYPES = ("aws_bedrockagentcore_resource_policy", "aws_secretsmanager_secret_policy")
_READS = regex(r":(?:get|list|describe)")


def add_resource_policies(module: Module, documents: Documents, collector: Collector) -> None:
    """What such a policy allows everybody in the world, without a condition."""
    for declared in module.resources(*_TYPES):
        policy = declared.body.get("policy")
        if policy is None:
            continue
        source = PolicySource(
            node=policy, document=declared.document, owner=f"{declared.shown}.policy"
        )
        for statement in statements(source, documents, collector):
            if statement.allows and "*" in statement.principals and not statement.conditions:
                collector.add(_grant(declared, statement))


def _grant(declared: Declared, statement: Statement) -> Grant:
    reads = sum(_READS.search(action) is not None for action in statement.actions)
    return Grant(
        id=fact_id("grant", statement.name, f"{declared.key}/{statement.key}"),
        name=f"{statement.name} of {declared.shown}",
        evidence=(statement.place,),
        principal="*",
        provider="aws",
        actions=statement.actions,
        resources=statement.resources,
        expanded_count=len(statement.actions),
        write_count=len(statement.actions) - reads,
        read_count=reads,
        open_to="anybody",
        source="aws_resource_policy",
    )
