"""Rights in a cluster: who is everybody, and what of it reaches the agents there."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment

BINDING = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: "%s"}
subjects: [{kind: %s, name: "%s"}]
"""
POD = """
---
apiVersion: v1
kind: Pod
metadata: {name: support-agent, namespace: agents}
spec: {serviceAccountName: a, containers: [{name: agent, image: "acme/support-agent:1"}]}
"""


def bound(role: str, kind: str, name: str, more: str = "") -> Deployment:
    return deployment_of({"rbac.yaml": BINDING % (role, kind, name) + more})


@pytest.mark.parametrize(
    ("kind", "name", "open_to"),
    [
        ("User", "system:anonymous", "anybody"),
        ("Group", "system:unauthenticated", "anybody"),
        ("Group", "system:authenticated", "any_account"),
        ("Group", "system:serviceaccounts", "every_pod"),
        ("Group", "system:serviceaccounts:agents", "every_pod"),
        ("Group", "system:nodes", ""),
        ("User", "system:authenticated", ""),
        ("ServiceAccount", "system:anonymous", ""),
    ],
)
def test_a_grant_says_who_of_many_has_it(kind: str, name: str, open_to: str) -> None:
    deployment = bound("view", kind, name)

    assert {grant.open_to for grant in deployment.grants} == {open_to}
    assert {identity.open_to for identity in deployment.identities} == {open_to}


def test_what_the_group_above_all_roles_is_bound_to_adds_nothing() -> None:
    assert not bound("cluster-admin", "Group", "system:masters").grants


@pytest.mark.parametrize(
    "role", ["system:discovery", "system:basic-user", "system:public-info-viewer"]
)
def test_what_kubernetes_lets_everybody_do_is_known_and_no_grant(role: str) -> None:
    deployment = bound(role, "Group", "system:unauthenticated")

    assert not deployment.grants
    assert not deployment.unresolved


@pytest.mark.parametrize(
    ("group", "reached"),
    [
        ("system:serviceaccounts", True),
        ("system:serviceaccounts:agents", True),
        ("system:serviceaccounts:others", False),
        ("system:authenticated", True),
        ("operators", False),
    ],
)
def test_the_agent_of_a_pod_has_what_its_groups_have(group: str, reached: bool) -> None:  # noqa: FBT001, a parameter of the table
    (grant,) = bound("edit", "Group", group, POD).grants

    assert grant.agent_reachable is reached


def test_a_subresource_of_every_resource_is_that_of_pods_too() -> None:
    role = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules: [{apiGroups: [""], resources: ["*/exec"], verbs: [create]}]
"""
    (grant,) = bound("r", "ServiceAccount", "a", role).grants

    assert grant.escalations == ("execute in pods",)
