"""Rights in a cluster: who is everybody, and what of it reaches the agents there."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.permissions import Grant

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


RULE = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: own}
rules: [{apiGroups: ["%s"], resources: ["%s"], verbs: ["%s"]%s}]
"""


def granted(group: str, resource: str, verb: str, names: str = "") -> Grant:
    listed = f", resourceNames: [{names}]" if names else ""
    more = RULE % (group, resource, verb, listed)
    (grant,) = bound("own", "ServiceAccount", "a", more).grants
    return grant


@pytest.mark.parametrize(
    ("group", "resource", "verb", "ways"),
    [
        ("apps", "deployments", "create", ("create pods",)),
        ("apps", "statefulsets", "patch", ("change pods",)),
        ("batch", "cronjobs", "*", ("create pods", "change pods")),
        ("batch", "jobs", "update", ()),
        ("", "replicationcontrollers", "update", ("change pods",)),
        ("apps", "deployments", "get", ()),
        ("", "secrets", "patch", ("read secrets",)),
        ("", "secrets", "update", ()),
        ("acme.io", "deployments", "*", ()),
    ],
)
def test_whoever_changes_what_makes_pods_runs_them(
    group: str, resource: str, verb: str, ways: tuple[str, ...]
) -> None:
    assert granted(group, resource, verb).escalations == ways


@pytest.mark.parametrize(
    ("rule", "names", "ways"),
    [
        (("", "secrets", "get"), "openai", ()),
        (("apps", "deployments", "patch"), "worker", ()),
        (("", "configmaps", "update"), "aws-auth", ("change who is let in",)),
        (("", "configmaps", "create"), "aws-auth", ()),
        (("", "groups", "impersonate"), "'system:masters'", ("impersonate",)),
        (("", "groups", "impersonate"), "developers", ()),
        (("rbac.authorization.k8s.io", "clusterroles", "bind"), "cluster-admin", ("change roles",)),
        (("rbac.authorization.k8s.io", "clusterroles", "bind"), "view", ()),
    ],
)
def test_a_rule_that_names_its_things_gives_what_those_give(
    rule: tuple[str, str, str], names: str, ways: tuple[str, ...]
) -> None:
    grant = granted(*rule, names)

    assert grant.escalations == ways
    assert grant.resources == (names.strip("'"),)
    assert not grant.unscoped_writes


def test_everything_on_a_named_thing_is_no_administrator() -> None:
    grant = granted("*", "*", "*", "own")

    assert not grant.admin
    assert not grant.service_wildcards


@pytest.mark.parametrize(
    ("account", "beside"),
    [
        ("image-automation-controller", True),
        ("argocd-server", True),
        ("support-operator", True),
        ("agent-controller", False),
        ("flux-mcp-sa", False),
        ("deployer", False),
    ],
)
def test_an_account_called_after_what_keeps_a_cluster_is_no_agents(
    account: str, *, beside: bool
) -> None:
    """Whatever runs as it is often installed by other means, and stands in no file."""
    deployment = bound("edit", "ServiceAccount", account)

    assert {grant.held_by_others for grant in deployment.grants} == {beside}


@pytest.mark.parametrize(
    ("verbs", "wildcards"),
    [
        ("[get, list]", ()),
        ("['*']", ("*:* of external-secrets.io",)),
        ("[get, delete]", ("delete:* of external-secrets.io",)),
    ],
)
def test_to_look_at_all_of_a_group_is_not_to_do_all_of_it(
    verbs: str, wildcards: tuple[str, ...]
) -> None:
    role = (
        "---\nkind: ClusterRole\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: look}\n"
        f"rules: [{{apiGroups: [external-secrets.io], resources: ['*'], verbs: {verbs}}}]\n"
    )
    (grant,) = bound("look", "ServiceAccount", "looker", role).grants

    assert grant.service_wildcards == wildcards


CONTROLLERS = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: sync}
rules:
  - {apiGroups: ["%s"], resources: ["*"], verbs: ["*"]}
  - {apiGroups: [""], resources: [configmaps], verbs: [create, delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: sync}
roleRef: {kind: ClusterRole, name: sync}
subjects: [%s]
"""


def account(name: str, namespace: str = "sync") -> str:
    return f"{{kind: ServiceAccount, name: {name}, namespace: {namespace}}}"


@pytest.mark.parametrize(
    ("subjects", "others"),
    [
        ((account("image-controller"),), True),
        ((account("sync-operator"), account("deployer")), True),
        ((account("network", "kube-system"),), True),
        ((account("deployer"),), False),
        ((account("edge-proxies"),), True),
        (("{kind: Group, name: night-shift}",), True),
        (("{kind: User, name: desk-agent}",), False),
    ],
)
def test_accounts_that_are_parts_of_a_cluster_and_people_are_no_agents(
    subjects: tuple[str, ...], *, others: bool
) -> None:
    text = CONTROLLERS % ("sync.acme.example", ", ".join(subjects))
    grants = deployment_of({"rbac.yaml": text}).grants

    assert {grant.held_by_others for grant in grants} == {others}


KUSTOMIZATION = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: %s
resources: [pod.yaml, rbac.yaml]
"""


@pytest.mark.parametrize(("namespace", "reached"), [("desk", True), ("shop", False)])
def test_a_kustomization_says_in_which_namespace_its_accounts_are(
    namespace: str, *, reached: bool
) -> None:
    """The pod names none, and the binding the one that both are applied to."""
    files = {
        "k/rbac.yaml": CONTROLLERS % ("sync.acme.example", account("a", "desk")),
        "k/pod.yaml": POD.replace(", namespace: agents", ""),
        "k/kustomization.yaml": KUSTOMIZATION % namespace,
    }
    grants = deployment_of(files).grants

    assert {grant.agent_reachable for grant in grants} == {reached}


def test_people_keep_the_cluster_and_are_no_part_of_it() -> None:
    text = CONTROLLERS % ("sync.acme.example", "{kind: Group, name: night-shift}")
    found = deployment_of({"rbac.yaml": text})

    assert all(grant.keeps_cluster for grant in found.grants)
    assert not any(identity.part_of_cluster for identity in found.identities)


@pytest.mark.parametrize(("role", "others"), [("upgrade-controller", True), ("upgrades", False)])
def test_an_account_has_what_it_does_from_its_role(role: str, *, others: bool) -> None:
    text = CONTROLLERS % ("sync.acme.example", account("upgrade"))
    grants = deployment_of({"rbac.yaml": text.replace("name: sync}", f"name: {role}}}")}).grants

    assert {grant.held_by_others for grant in grants} == {others}


def test_a_controller_that_is_an_agent_stays_one() -> None:
    text = CONTROLLERS % ("sync.acme.example", account("a-controller", "agents"))
    pod = POD.replace("serviceAccountName: a,", "serviceAccountName: a-controller,")
    grants = deployment_of({"rbac.yaml": text + pod}).grants

    assert {(grant.agent_reachable, grant.held_by_others) for grant in grants} == {(True, False)}


@pytest.mark.parametrize(
    ("group", "wildcard"),
    [
        ("sync.acme.example", "*:* of sync.acme.example"),
        ("batch", "*:*"),
        ("gateway.networking.k8s.io", "*:*"),
    ],
)
def test_a_wildcard_says_which_kinds_it_is_about(group: str, wildcard: str) -> None:
    text = CONTROLLERS % (group, account("sync-controller"))
    whole, _ = deployment_of({"rbac.yaml": text}).grants

    assert whole.service_wildcards == (wildcard,)


@pytest.mark.parametrize(
    ("file", "others"),
    [("iam/aws-lb-controller/policy.json", True), ("aws-lb-controller/desk/policy.json", False)],
)
def test_a_policy_may_be_named_by_its_folder(file: str, *, others: bool) -> None:
    statement = {"Effect": "Allow", "Action": "ec2:CreateSecurityGroup", "Resource": "*"}
    (grant,) = deployment_of(
        {file: json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
    ).grants

    assert grant.held_by_others is others
