"""Policy documents: files, heredocs, structures, and what stays open."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.permissions import Grant

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Effect", "Action", "Resource", "Statement"]), inner)
    ),
    max_leaves=12,
)


def deployed(text: str, file: str = "policy.json") -> Deployment:
    return deployment_of({file: text})


def grant(text: str, file: str = "policy.json") -> Grant:
    (found,) = deployed(text, file).grants
    return found


def test_a_policy_file_is_a_grant_with_its_place() -> None:
    found = grant(
        '{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Action": "s3:GetObject",\n'
        '  "Resource": "arn:aws:s3:::data/*"}}'
    )

    assert (found.actions, found.resources) == (("s3:getobject",), ("arn:aws:s3:::data/*",))
    assert str(found.evidence[0]) == "policy.json:2:15"


def test_a_policy_inside_an_answer_of_the_command_line_counts() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}

    assert grant(json.dumps({"PolicyVersion": {"Document": policy}})).service_wildcards == ("s3:*",)


def test_a_trust_policy_is_an_identity() -> None:
    text = json.dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": "sts:AssumeRole",
                }
            ]
        }
    )
    (identity,) = deployed(text).identities

    assert identity.trust_wildcard
    assert deployed(text).grants == ()


def test_a_resource_policy_that_names_somebody_is_neither() -> None:
    text = json.dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:role/desk"},
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::data/*",
                }
            ]
        }
    )

    assert deployed(text).identities == ()
    assert deployed(text).grants == ()


@given(JSON)
def test_no_structure_crashes_it(value: object) -> None:
    statements = {"Statement": [{"Effect": "Allow", "Action": "s3:*"}, value]}

    assert deployed(json.dumps(statements)).grants


HEREDOC = """\
resource "aws_iam_user_policy" "p" {
  user   = "agent"
  policy = <<-EOT
    {
      "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": ["s3:*"], "Resource": "${aws_s3_bucket.b.arn}/*"},
        {"Sid": "B", "Effect": "Deny", "Action": "s3:PutBucketPolicy", "Resource": "*"}
      ]
    }
  EOT
}
resource "aws_s3_bucket" "b" { bucket = "acme" }
"""


def test_a_heredoc_keeps_lines_and_columns() -> None:
    found = {grant.name: grant for grant in deployed(HEREDOC, "main.tf").grants}

    assert str(found["A"].evidence[0]) == "main.tf:6:9"
    assert found["A"].resources == ("arn:aws:s3:::acme/*",)
    assert found["B"].effect == "deny"
    assert "s3:putbucketpolicy" not in found["A"].sensitive_actions


def test_quotes_within_an_interpolation_do_not_end_the_text() -> None:
    text = HEREDOC.replace("aws_s3_bucket.b.arn", 'local.arns["b"]')

    assert len(deployed(text, "main.tf").grants) == 2


def test_a_policy_in_one_quoted_line_stands_where_the_text_stands() -> None:
    policy = json.dumps(
        json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    )
    text = f'resource "aws_iam_user_policy" "p" {{\n  user = "agent"\n  policy = {policy}\n}}\n'

    assert str(grant(text, "main.tf").evidence[0]) == "main.tf:3:12"


def test_what_is_no_policy_is_left_open() -> None:
    text = 'resource "aws_iam_user_policy" "p" {\n  user = "agent"\n  policy = var.policy\n}\n'
    found = deployed(text, "main.tf")

    assert found.grants == ()
    assert [(str(open_.evidence), open_.what) for open_ in found.unresolved] == [
        ("main.tf:3:12", "the policy of aws_iam_user_policy.p.policy")
    ]


def test_unknown_parts_of_a_statement_are_left_open() -> None:
    text = """\
resource "aws_iam_user_policy" "p" {
  user = "agent"
  policy = jsonencode({ Statement = concat([
    { Effect = var.effect, Action = ["s3:GetObject", var.action], Resource = var.resource },
  ], var.more) })
}
"""
    found = deployed(text, "main.tf")

    assert len(found.unresolved) == 4
    assert found.grants[0].actions == ("s3:getobject",)
    assert found.grants[0].resources == ("${var.resource}",)


def test_conditions_and_exceptions_are_read_in_any_case() -> None:
    found = grant(
        '{"Statement": [{"effect": "Allow", "Effect": "Allow", "notaction": "iam:*",'
        ' "notresource": ["arn:aws:s3:::logs"], "condition":'
        ' {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}, "Action": []}]}'
    )

    assert found.not_actions == ("iam:*",)
    assert found.not_resources == ("arn:aws:s3:::logs",)
    assert found.conditions == ("aws:sourceaccount",)


def test_a_policy_that_breaks_off_is_left_open() -> None:
    text = 'resource "aws_iam_user_policy" "p" {\n  user = "agent"\n  policy = "{\\"Statement"\n}\n'

    assert [open_.what for open_ in deployed(text, "main.tf").unresolved] == [
        "the policy of aws_iam_user_policy.p.policy"
    ]


def test_exceptions_reach_all_but_what_they_name() -> None:
    text = """
resource "aws_s3_bucket" "a" { bucket = "kept" }
resource "aws_s3_bucket" "b" { bucket = "left-out" }
resource "aws_iam_user_policy" "p" {
  user = "agent"
  policy = jsonencode({ Statement = {
    Effect = "Allow", NotAction = "iam:*", NotResource = "arn:aws:s3:::left-out"
  } })
}
"""
    found = deployed(text, "main.tf")
    kept = next(resource for resource in found.resources if resource.name == "kept")

    assert {edge.dst for edge in found.edges if edge.src == found.grants[0].id} == {kept.id}


EVERYTHING = '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def test_a_control_policy_of_an_organisation_gives_nobody_anything() -> None:
    for file in (
        "scp.json",
        "a/deny-root.scp.json",
        "service_control_policy/a.json",
        "org-policy.json",
    ):
        assert not deployed(EVERYTHING, file).grants


def test_what_terraform_takes_for_an_organisation_is_a_control_policy() -> None:
    kept = 'content = file("${path.module}/full.json")'
    found = deployment_of(
        {
            "org/main.tf": f'resource "aws_organizations_policy" "a" {{\n  {kept}\n}}\n',
            "org/full.json": EVERYTHING,
            "org/role.json": EVERYTHING,
        }
    )

    assert [each.evidence[0].file for each in found.grants] == ["org/role.json"]


def test_a_folder_of_control_policies_gives_nobody_anything() -> None:
    kept = 'content = file("${path.module}/limits/${each.key}")'
    found = deployment_of(
        {
            "org/main.tf": f'resource "aws_organizations_policy" "a" {{\n  {kept}\n}}\n',
            "org/limits/full.json": EVERYTHING,
            "org/role.json": EVERYTHING,
        }
    )

    assert [each.evidence[0].file for each in found.grants] == ["org/role.json"]


BOUNDED = {
    "AssumeRolePolicyDocument": {"Statement": []},
    "PermissionsBoundary": {"Ref": "Boundary"},
    "Policies": [{"PolicyName": "all", "PolicyDocument": json.loads(EVERYTHING)}],
}


def test_everything_within_a_boundary_is_no_administrator() -> None:
    """As `cdk synth` writes it: a boundary is a policy of the template."""
    within = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    resources = {
        "Boundary": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": within}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": BOUNDED},
    }
    found = deployed(json.dumps({"Resources": resources}), "cdk.out/Agent.template.json")

    assert [(each.admin, each.expanded_count) for each in found.grants] == [(False, 1)]


def test_everything_but_a_little_is_an_administrator() -> None:
    denied = {"Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*"}
    policy = json.loads(EVERYTHING)
    found = deployed(json.dumps({"Statement": [*policy["Statement"], denied]})).grants

    assert [each.admin for each in found if each.effect == "allow"] == [True]


def test_what_rules_ask_for_by_name_is_what_patterns_stand_for_and_denials_leave() -> None:
    """A whole service is told by its wildcard, and `NotAction` by itself."""
    statements = [
        {"Effect": "Allow", "Action": ["iam:Pass*", "bedrock:DeleteG*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "bedrock:DeleteGuardrail", "Resource": "*"},
    ]

    found = deployed(json.dumps({"Statement": statements})).grants

    assert sorted(grant.watched_actions for grant in found) == [(), (), (), ("iam:passrole",)]
