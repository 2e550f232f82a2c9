"""
Policies of Google Cloud that stand in a document: `google_*_iam_policy` with its `policy_data`.

The data source `google_iam_policy` makes such a document of its `binding` blocks. A policy of this
kind takes the place of every other one of its project, folder, organization or thing.
"""

from collections.abc import Iterator

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded
from agentaudit.extract.made_nodes import made_list, made_mapping
from agentaudit.extract.terraform.google_roles import (
    GOOGLE_BOUND,
    GoogleBinding,
    add_google_binding,
)
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.readers.document import Node, NodeKind

_BOUND = Budget("members of policies", 20_000, whole=True)
"""Each as often as something has the policy."""


def google_policy_document(_module: Module, declared: Declared) -> Node:
    """The policy that a data source `google_iam_policy` makes, as its JSON has it."""
    bound = made_list(declared.header, declared.body.list_at("binding"))
    return made_mapping(declared.header, {"bindings": bound})


def add_google_policies(module: Module, documents: Documents, collector: Collector) -> None:
    """The grants of every such policy on what an agent's cloud consists of."""
    for type_, where in GOOGLE_BOUND.items():
        for declared in module.resources(f"google_{type_}_iam_policy"):
            policy = policy_of(declared, documents)
            if policy is None:
                _leave_open(declared, collector)
            for binding in policy_bindings(declared, policy, collector):
                add_google_binding(declared, collector, where, binding)


def policy_bindings(
    declared: Declared, policy: Node | None, collector: Collector
) -> Iterator[GoogleBinding]:
    """What a policy binds, as far as it stands in the files."""
    place = declared.place()
    end = (place, f"some of what {declared.shown} grants", "it may be anything")
    for each in policy.list_at("bindings") if policy is not None else ():
        members = each.list_at("members")
        if not collector.affords(_BOUND, 1 + len(members), end):
            return
        yield GoogleBinding(
            role=each.get("role"),
            members=members,
            condition=each.get("condition", "expression"),
            via=(place,),
            of_several=True,
        )


def policy_of(declared: Declared, documents: Documents) -> Node | None:
    """The policy that a resource names; None of one that stands elsewhere, or of none."""
    written = declared.body.get("policy_data")
    policy = embedded(written, declared.document, documents) if written is not None else None
    return policy if policy is not None and policy.kind is NodeKind.MAPPING else None


def _leave_open(declared: Declared, collector: Collector) -> None:
    place = evidence(declared.document, declared.body.get("policy_data") or declared.header)
    collector.leave_open(place, f"the policy of {declared.shown}", "what it grants is open")
