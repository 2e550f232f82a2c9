"""Who of AWS is let into clusters of EKS: by a ConfigMap, by access entries, by a module's call."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.facts.permissions import Grant, Identity

ROLE = """
resource "aws_iam_role" "agent" {
  name = "agent"
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}
"""
FUNCTION = """
resource "aws_lambda_function" "f" {
  function_name = "support-agent"
  role          = aws_iam_role.agent.arn
}
"""
AUTH = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth, namespace: kube-system}
data:
  mapRoles: |
    - rolearn: arn:aws:iam::111122223333:role/nodes
      username: system:node:{{EC2PrivateDNSName}}
      groups: [system:bootstrappers, system:nodes]
    - rolearn: arn:aws:iam::111122223333:role/agent
      username: agent
      groups:
        - %s
  mapUsers: |
    - userarn: arn:aws:iam::111122223333:user/ops
      groups: [system:masters]
  mapAccounts: |
    - "111122223333"
"""
BINDING = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: edit}
subjects: [{kind: %s, name: %s}]
"""
ENTRY = """
resource "aws_eks_access_entry" "e" {
  cluster_name      = "desk"
  principal_arn     = %s
  kubernetes_groups = ["operators"]
  user_name         = "deployer"
}
"""
ASSOCIATION = """
resource "aws_eks_access_policy_association" "a" {
  cluster_name  = "desk"
  principal_arn = %s
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/%s"
  access_scope {
    %s
  }
}
"""
OWN = "aws_iam_role.agent.arn"


def grant_of(deployment: Deployment) -> Grant:
    (grant,) = (item for item in deployment.grants if item.source == "kubernetes_rbac")
    return grant


def holder_of(deployment: Deployment, grant: Grant) -> Identity:
    (holder,) = (item for item in deployment.identities if item.id == grant.identity_id)
    return holder


def open_ends(deployment: Deployment) -> list[str]:
    """What is open of accesses, beside the modules that lie elsewhere."""
    told = (end.what for end in deployment.unresolved)
    return [what for what in told if not what.endswith(") is not among the files")]


def test_a_map_makes_roles_and_users_of_aws_administrators_of_a_cluster() -> None:
    deployment = deployment_of({"auth.yaml": AUTH % "system:masters"})
    found = {
        (holder_of(deployment, grant).kind, grant.principal): grant for grant in deployment.grants
    }

    assert set(found) == {("role", "agent"), ("user", "ops")}
    assert all(grant.admin for grant in found.values())
    assert [(item.line, item.column) for item in found["role", "agent"].evidence] == [
        (12, 11),
        (9, 16),
    ]
    assert deployment.unresolved == ()


def test_a_role_that_the_files_declare_is_the_one_of_the_map_and_its_agent_has_the_cluster() -> (
    None
):
    files = {"auth.yaml": AUTH % "system:masters", "main.tf": ROLE + FUNCTION}
    deployment = deployment_of(files)
    grant = next(item for item in deployment.grants if item.principal == "agent")

    assert holder_of(deployment, grant).evidence[0].file == "main.tf"
    assert grant.agent_reachable
    assert (EdgeKind.GRANTS, grant.identity_id, grant.id) in {
        (edge.kind, edge.src, edge.dst) for edge in deployment.edges
    }


@pytest.mark.parametrize(("kind", "name"), [("Group", "operators"), ("User", "agent")])
def test_who_is_in_a_group_or_is_a_user_has_what_those_are_bound_to(kind: str, name: str) -> None:
    deployment = deployment_of(
        {
            "auth.yaml": AUTH % "operators",
            "rbac.yaml": BINDING % (kind, name),
            "main.tf": ROLE + FUNCTION,
        }
    )
    grant = next(item for item in deployment.grants if item.managed_policy == "edit")

    assert grant.agent_reachable
    assert bool(open_ends(deployment)) is (kind == "User")


def test_a_group_that_nothing_binds_is_an_open_end() -> None:
    deployment = deployment_of({"auth.yaml": AUTH % "operators"})

    assert open_ends(deployment) == [
        "what the group operators is bound to is not among the files",
    ]


@pytest.mark.parametrize(
    ("change", "grants", "ends"),
    [
        (("kube-system", "apps"), 0, 0),
        (("name: aws-auth,", "name: other,"), 0, 0),
        ((", namespace: kube-system", ""), 2, 0),
        (("  mapRoles: |\n", "  mapRoles: ''\n  rest: |\n"), 1, 0),
        (("rolearn: arn:aws:iam::111122223333:role/agent", "name: agent"), 1, 1),
        (("arn:aws:iam::111122223333:role/agent", "${AGENT_ROLE}"), 2, 1),
    ],
)
def test_only_the_map_of_the_cluster_counts_and_what_it_leaves_open_is_told(
    change: tuple[str, str], grants: int, ends: int
) -> None:
    deployment = deployment_of({"auth.yaml": (AUTH % "system:masters").replace(*change)})

    assert (len(deployment.grants), len(deployment.unresolved)) == (grants, ends)


@pytest.mark.parametrize(
    ("policy", "scope", "resources", "rises"),
    [
        ("AmazonEKSClusterAdminPolicy", 'type = "cluster"', ("*",), True),
        (
            "AmazonEKSAdminPolicy",
            'type = "namespace"\n namespaces = ["a", "b"]',
            ("namespace/a", "namespace/b"),
            True,
        ),
        ("AmazonEKSEditPolicy", 'type = "namespace"\n namespaces = ["*"]', ("*",), True),
        ("AmazonEKSAdminViewPolicy", 'type = "cluster"', ("*",), True),
        ("AmazonEKSSecretReaderPolicy", 'type = "cluster"', ("*",), True),
        ("AmazonEKSViewPolicy", "type = var.scope", ("*",), False),
    ],
)
def test_an_access_policy_gives_what_eks_says_where_it_is_scoped(
    policy: str,
    scope: str,
    resources: tuple[str, ...],
    rises: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    deployment = deployment_of({"main.tf": ROLE + ASSOCIATION % (OWN, policy, scope)})
    grant = grant_of(deployment)

    assert (grant.resources, bool(grant.escalations)) == (resources, rises)
    assert grant.admin is (policy == "AmazonEKSClusterAdminPolicy")
    assert holder_of(deployment, grant).name == "agent"
    assert (grant.evidence[0].line, grant.evidence[0].column) == (16, 19)


def test_an_entry_joins_the_groups_of_the_cluster_and_is_a_user_of_it() -> None:
    rbac = "---".join(BINDING % pair for pair in (("Group", "operators"), ("User", "deployer")))
    deployment = deployment_of({"main.tf": ROLE + ENTRY % OWN, "rbac.yaml": rbac})
    (role,) = (item for item in deployment.identities if item.provider == "aws")
    joined = {edge.dst for edge in deployment.edges if edge.kind is EdgeKind.ASSUMES}

    assert {item.name for item in deployment.identities if item.id in joined} == {
        "operators",
        "deployer",
    }
    assert {edge.src for edge in deployment.edges if edge.kind is EdgeKind.ASSUMES} == {role.id}


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (
            ASSOCIATION % ("var.who", "AmazonEKSClusterAdminPolicy", 'type = "cluster"'),
            ["the principal var.who"],
        ),
        (
            ASSOCIATION % (OWN, "AmazonEKSNewerPolicy", 'type = "cluster"'),
            ["the access policy AmazonEKSNewerPolicy"],
        ),
        (
            (ASSOCIATION % (OWN, "X", "")).replace(
                '"arn:aws:eks::aws:cluster-access-policy/X"', "var.policy"
            ),
            ["the access policy var.policy"],
        ),
        (ASSOCIATION % (OWN, "AmazonEKSAutoNodePolicy", 'type = "cluster"'), []),
        (ENTRY % OWN, ["what the group operators is bound to is not among the files"]),
        (
            (ENTRY % OWN).replace('["operators"]', "var.groups"),
            ["what the group var.groups is bound to is not among the files"],
        ),
    ],
)
def test_what_an_entry_does_not_say_is_left_open(text: str, ends: list[str]) -> None:
    assert open_ends(deployment_of({"main.tf": ROLE + text})) == ends


def test_a_slash_within_an_expression_parts_no_name() -> None:
    who = '"arn:aws:iam::${local.account}:role/sso/${split("/", local.caller)[1]}"'
    text = ASSOCIATION % (who, "AmazonEKSClusterAdminPolicy", 'type = "cluster"')
    found = deployment_of({"main.tf": text})

    assert not found.identities
    assert any("the principal" in end.what for end in found.unresolved)


def test_administrators_whom_no_value_names_are_told_all_the_same() -> None:
    text = ASSOCIATION % ("var.who", "AmazonEKSClusterAdminPolicy", 'type = "cluster"')
    grant = grant_of(deployment_of({"main.tf": text}))

    assert (grant.admin, grant.principal, grant.identity_id) == (True, "var.who", "")


TEMPLATE = """\
Resources:
  AgentRole:
    Type: AWS::IAM::Role
    Properties: {RoleName: agent}
  Entry:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: desk
      PrincipalArn: !GetAtt AgentRole.Arn
      AccessPolicies:
        - PolicyArn: !Sub
            "arn:${AWS::Partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
          AccessScope: {Type: cluster}
"""
CONTROL = """
resource "awscc_eks_access_entry" "e" {
  cluster_name  = "desk"
  principal_arn = aws_iam_role.agent.arn
  access_policies = [{
    policy_arn   = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    access_scope = { type = "cluster" }
  }]
}
"""
CALL = """
module "eks" {
  source = "terraform-aws-modules/eks/aws"
  access_entries = {
    agent = {
      principal_arn = aws_iam_role.agent.arn
      policy_associations = {
        all = {
          policy_arn   = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
          access_scope = { type = "cluster" }
        }
      }
    }
  }
}
"""
OLDER_CALL = """
module "eks" {
  source         = "terraform-aws-modules/eks/aws//modules/aws-auth"
  aws_auth_roles = [{ rolearn = aws_iam_role.agent.arn, groups = ["system:masters"] }]
}
"""
MAP = """
resource "kubernetes_config_map_v1_data" "auth" {
  metadata {
    name      = "aws-auth"
    namespace = "kube-system"
  }
  data = {
    mapRoles = yamlencode([{ rolearn = aws_iam_role.agent.arn, groups = ["system:masters"] }])
  }
}
"""
WRITTEN = MAP.replace(
    'yamlencode([{ rolearn = aws_iam_role.agent.arn, groups = ["system:masters"] }])',
    "<<-EOT\n      - rolearn: ${aws_iam_role.agent.arn}\n        groups: [system:masters]\n    EOT",
)
EKSCTL = """\
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: desk, region: eu-central-1}
iamIdentityMappings:
  - arn: arn:aws:iam::111122223333:role/agent
    groups: [system:masters]
  - account: "111122223333"
"""
EKSCTL_ENTRY = """\
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: desk, region: eu-central-1}
accessConfig:
  accessEntries:
    - principalARN: arn:aws:iam::111122223333:role/agent
      type: STANDARD
      accessPolicies:
        - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy
          accessScope: {type: cluster}
"""


@pytest.mark.parametrize(
    "files",
    [
        {"stack.yaml": TEMPLATE},
        {"main.tf": ROLE + CONTROL},
        {"main.tf": ROLE + CALL},
        {"main.tf": ROLE + OLDER_CALL},
        {"main.tf": ROLE + MAP},
        {"main.tf": ROLE + WRITTEN},
        {"main.tf": ROLE, "cluster.yaml": EKSCTL},
        {"main.tf": ROLE, "cluster.yaml": EKSCTL_ENTRY},
    ],
)
def test_every_door_to_a_cluster_leads_to_the_same_role(files: dict[str, str]) -> None:
    deployment = deployment_of(files)
    grant = grant_of(deployment)
    (role,) = (item for item in deployment.identities if item.provider == "aws")

    assert (grant.admin, grant.identity_id) == (True, role.id)
    assert open_ends(deployment) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("agent = {", "agent = var.agent\n other = {"),
        ("principal_arn = aws_iam_role.agent.arn", "principal_arn = local.nobody"),
    ],
)
def test_what_a_call_is_given_from_elsewhere_is_open(old: str, new: str) -> None:
    deployment = deployment_of({"main.tf": ROLE + CALL.replace(old, new)})

    assert len(open_ends(deployment)) == 1
    assert grant_of(deployment).admin


def test_entries_that_come_from_elsewhere_as_a_whole_are_open() -> None:
    source = "terraform-aws-modules/eks/aws"
    call = f'module "eks" {{\n  source = "{source}"\n  access_entries = var.all\n}}\n'

    assert open_ends(deployment_of({"main.tf": call})) == ["somebody who is let into a cluster"]


def test_one_map_may_mean_very_many_roles_and_not_all_are_told() -> None:
    roles = {f"{number}/main.tf": ROLE for number in range(150)}
    mapped = "".join(
        f"    - {{rolearn: 'arn:aws:iam::{number}:role/agent', groups: [system:masters]}}\n"
        for number in range(150)
    )
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth}\ndata:\n  mapRoles: |\n"
    deployment = deployment_of({**roles, "auth.yaml": head + mapped})

    assert "what agent may do in a cluster" in open_ends(deployment)
