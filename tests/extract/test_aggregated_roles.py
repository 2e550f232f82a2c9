"""Cluster roles that get their rules from others, by the labels of those."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment

BOUND = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: "%s"}
subjects: [{kind: ServiceAccount, name: agent, namespace: agents}]
"""
GATHERS = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: %s, labels: {%s}}
aggregationRule:
  clusterRoleSelectors:
    - %s
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
"""
PART = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: %s, labels: {%s}}
rules: [{apiGroups: [""], resources: [%s], verbs: [get]}]
"""
VIEW = "rbac.authorization.k8s.io/aggregate-to-view: 'true'"
NOT_ONE = "{key: tier, operator: NotIn, values: [one]}"
NONE = "{key: tier, operator: DoesNotExist}"
EDIT = "rbac.authorization.k8s.io/aggregate-to-edit: 'true'"


def read(*texts: str) -> Deployment:
    return deployment_of({"rbac.yaml": "---".join(texts)})


def rights(deployment: Deployment) -> list[str]:
    return sorted(action for grant in deployment.grants for action in grant.actions)


@pytest.mark.parametrize(
    ("selector", "gathered"),
    [
        ("matchLabels: {desk: 'yes'}", ["get:secrets"]),
        ("matchLabels: {desk: 'yes', tier: one}", ["get:secrets"]),
        ("matchLabels: {desk: 'yes', tier: two}", []),
        ("matchExpressions: [{key: tier, operator: In, values: [one, two]}]", ["get:secrets"]),
        ("matchExpressions: [{key: desk, operator: Exists}]", ["get:secrets"]),
        (f"matchExpressions: [{{key: desk, operator: Exists}}, {NOT_ONE}]", []),
        (f"matchExpressions: [{{key: desk, operator: Exists}}, {NONE}]", []),
        ("matchExpressions: [{key: desk, operator: Resembles, values: ['yes']}]", []),
    ],
)
def test_a_role_has_the_rules_of_those_that_it_selects(selector: str, gathered: list[str]) -> None:
    deployment = read(
        BOUND % "desk",
        GATHERS % ("desk", "", selector),
        PART % ("secrets", "desk: 'yes', tier: one", "secrets"),
        PART % ("other", "tier: none", "configmaps"),
    )

    assert rights(deployment) == gathered
    assert bool(deployment.unresolved) is not bool(gathered)


def test_a_rule_is_shown_where_it_stands_and_what_brings_it() -> None:
    deployment = read(
        BOUND % "desk",
        GATHERS % ("desk", "", "matchLabels: {desk: 'yes'}"),
        PART % ("secrets", "desk: 'yes'", "secrets"),
    )
    (grant,) = deployment.grants

    assert grant.escalations == ("read secrets",)
    assert [(place.line, place.column) for place in grant.evidence] == [(19, 56), (13, 7), (4, 18)]


def test_roles_that_gather_each_other_end_and_have_the_same() -> None:
    deployment = read(
        BOUND % "one",
        GATHERS % ("one", "a: b", "matchLabels: {c: d}"),
        GATHERS % ("two", "c: d", "matchLabels: {a: b}"),
        PART % ("secrets", "a: b", "secrets"),
    )

    assert rights(deployment) == ["get:secrets"]


def test_parts_that_are_elsewhere_are_an_open_end_at_the_selector() -> None:
    deployment = read(BOUND % "desk", GATHERS % ("desk", "", "matchLabels: {desk: 'yes'}"))
    (end,) = deployment.unresolved

    assert not deployment.grants
    assert end.what == "the roles that the ClusterRole desk gathers are not among the files"
    assert (end.evidence.line, end.evidence.column) == (13, 7)


@pytest.mark.parametrize(
    ("role", "added"),
    [
        ("view", ["get:prompts"]),
        ("edit", ["get:prompts", "get:tools"]),
        ("admin", ["get:prompts", "get:tools"]),
        ("cluster-admin", []),
    ],
)
def test_labelled_roles_add_to_the_built_in_ones(role: str, added: list[str]) -> None:
    alone = read(BOUND % role)
    deployment = read(
        BOUND % role, PART % ("prompts", VIEW, "prompts"), PART % ("tools", EDIT, "tools")
    )

    assert rights(deployment) == sorted([*rights(alone), *added])


@pytest.mark.parametrize(
    ("selector", "escalations", "admin"),
    [
        (f"matchLabels: {{{VIEW}}}", set(), False),
        (
            f"matchLabels: {{{EDIT}}}",
            {"read secrets", "create pods", "change pods", "execute in pods"},
            False,
        ),
        ("{}", None, True),
    ],
)
def test_a_selector_may_mean_what_kubernetes_brings(
    selector: str,
    escalations: set[str] | None,
    admin: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    deployment = read(BOUND % "desk", GATHERS % ("desk", "", selector))
    found = {name for grant in deployment.grants for name in grant.escalations}

    assert escalations is None or found == escalations
    assert any(grant.admin for grant in deployment.grants) is admin


def test_a_role_of_one_namespace_gathers_nothing() -> None:
    text = (GATHERS % ("desk", "", "{}")).replace("kind: ClusterRole", "kind: Role")
    binding = (BOUND % "desk").replace("ClusterRole", "Role")

    assert all(grant.admin for grant in read(binding, text).grants)


def test_very_many_parts_are_told_in_part() -> None:
    resources = ", ".join(f"r{number}" for number in range(90))
    parts = [PART % (f"p{number}", "a: b", resources) for number in range(100)]
    roles = [
        text
        for number in range(25)
        for text in (
            GATHERS % (f"g{number}", "", "matchLabels: {a: b}"),
            (BOUND % f"g{number}").replace("name: b}", f"name: b{number}}}"),
        )
    ]
    deployment = read(*parts, *roles)

    assert any(end.what.startswith("some of what the ClusterRole") for end in deployment.unresolved)


def test_roles_that_all_gather_each_other_are_told_in_part_and_administrators_are() -> None:
    roles = [GATHERS % (f"g{number}", "", "{}") for number in range(500)]
    deployment = read(BOUND % "g0", *roles)

    assert any(grant.admin for grant in deployment.grants)
    assert "some of the roles that g0 gathers" in {end.what for end in deployment.unresolved}
