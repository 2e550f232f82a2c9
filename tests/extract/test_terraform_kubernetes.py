"""Roles and bindings of Kubernetes that Terraform declares."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment

ROLE = """
resource "kubernetes_%s" "reader" {
  metadata {
    name = "reader"
    namespace = "agents"
  }
  rule {
    api_groups = [""]
    resources  = ["secrets"]
    verbs      = ["get", "list"]
  }
  rule {
    api_groups = ["apps"]
    resources  = ["deployments"]
    verbs      = %s
  }
}
"""
BINDING = """
resource "kubernetes_%s" "b" {
  metadata {
    name      = "b"
    namespace = "agents"
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "%s"
    name      = %s
  }
  subject {
    kind      = "ServiceAccount"
    name      = "agent"
    namespace = kubernetes_namespace.n.metadata[0].name
  }
  subject {
    kind = "Group"
    name = "operators"
  }
}
"""
NAMESPACE = """
resource "kubernetes_namespace" "n" {
  metadata {
    name = "agents"
  }
}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: support-agent, namespace: agents}
spec: {serviceAccountName: agent, containers: [{name: agent, image: "acme/support-agent:1"}]}
"""


def read(*texts: str, **files: str) -> Deployment:
    return deployment_of({"main.tf": NAMESPACE + "".join(texts), **files})


@pytest.mark.parametrize("version", ["", "_v1"])
@pytest.mark.parametrize("name", ['"reader"', "kubernetes_role%s.reader.metadata[0].name"])
def test_a_binding_gives_the_rules_of_a_role(version: str, name: str) -> None:
    deployment = read(
        ROLE % (f"role{version}", '["get"]'),
        BINDING % (f"role_binding{version}", "Role", name.replace("%s", version)),
        **{"pod.yaml": POD},
    )
    found = {(grant.principal, grant.actions): grant for grant in deployment.grants}

    assert set(found) == {
        (who, actions)
        for who in ("agent", "operators")
        for actions in (("get:secrets", "list:secrets"), ("get:deployments",))
    }
    secrets = found["agent", ("get:secrets", "list:secrets")]
    assert (secrets.agent_reachable, secrets.escalations) == (True, ("read secrets",))
    assert secrets.resources == ("namespace/agents",)
    assert [str(place) for place in secrets.evidence] == ["main.tf:16:18", "main.tf:27:17"]
    assert deployment.unresolved == ()


def test_a_built_in_role_for_the_whole_cluster_is_known() -> None:
    deployment = read(BINDING % ("cluster_role_binding", "ClusterRole", '"cluster-admin"'))

    assert {grant.admin for grant in deployment.grants} == {True}
    assert {grant.resources for grant in deployment.grants} == {("*",)}


def test_a_role_may_stand_in_a_manifest() -> None:
    manifest = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: watch}\n"
        'rules: [{apiGroups: [""], resources: [pods], verbs: [watch]}]\n'
    )
    deployment = read(
        BINDING % ("cluster_role_binding", "ClusterRole", '"watch"'), **{"role.yaml": manifest}
    )

    assert {grant.actions for grant in deployment.grants} == {("watch:pods",)}


def test_roles_are_gathered_there_as_well() -> None:
    gathering = """
resource "kubernetes_cluster_role" "all" {
  metadata { name = "all" }
  aggregation_rule {
    cluster_role_selectors {
      match_labels = { part_of = "desk" }
    }
  }
}
"""
    part = (ROLE % ("cluster_role", '["get"]')).replace(
        'namespace = "agents"', 'labels = { part_of = "desk" }'
    )
    deployment = read(gathering, part, BINDING % ("cluster_role_binding", "ClusterRole", '"all"'))

    assert len(deployment.grants) == 4


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (
            (BINDING % ("role_binding", "Role", "var.role"),),
            "the Role var.role is not among the files",
        ),
        ((ROLE % ("role", "var.verbs"),), "a rule of kubernetes_role.reader"),
    ],
)
def test_what_does_not_resolve_is_open(texts: tuple[str, ...], what: str) -> None:
    assert [end.what for end in read(*texts).unresolved] == [what]


def test_a_role_of_aws_in_a_group_has_what_terraform_binds_to_it() -> None:
    entry = """
resource "aws_eks_access_entry" "e" {
  principal_arn     = "arn:aws:iam::111122223333:role/deployer"
  kubernetes_groups = ["operators"]
}
"""
    deployment = read(entry, BINDING % ("cluster_role_binding", "ClusterRole", '"cluster-admin"'))

    assert deployment.unresolved == ()
    assert {edge.kind for edge in deployment.edges} >= {"assumes", "grants"}
