"""What permissions boundaries take away, and what control policies of an organisation do not."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from tests.linting.severities import found

TRUST = """jsonencode({Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = {Service = "ecs-tasks.amazonaws.com"}
  }]})"""
EVERYTHING = 'jsonencode({Statement = [{Effect = "Allow", Action = "*", Resource = "*"}]})'


def bounded(by: str, more: str = "") -> dict[str, str]:
    """A role that is given everything, within a boundary."""
    return {
        "main.tf": f"""
resource "aws_iam_role" "desk" {{
  name                 = "desk"
  permissions_boundary = {by}
  assume_role_policy   = {TRUST}
}}
resource "aws_iam_role_policy" "desk" {{
  role   = aws_iam_role.desk.name
  policy = {EVERYTHING}
}}
{more}
"""
    }


def most(policy: str) -> str:
    return f'resource "aws_iam_policy" "most" {{\n  name = "most"\n  policy = {policy}\n}}\n'


def allowing(actions: str, key: str = "Action") -> str:
    return most(
        f'jsonencode({{Statement = [{{Effect = "Allow", {key} = {actions}, Resource = "*"}}]}})'
    )


@pytest.mark.parametrize(
    "policy",
    [
        'variable "text" {}\n' + most("var.text"),
        most('file("${path.module}/elsewhere.json")'),
        'variable "one" {}\n' + allowing('["s3:GetObject", var.one]'),
        'variable "all" {}\n' + allowing("var.all"),
        'variable "all" {}\n' + allowing("[var.all]", "NotAction"),
        most("jsonencode({Statement = []})"),
    ],
)
def test_a_boundary_that_is_not_known_whole_takes_nothing_away(policy: str) -> None:
    assert "administrator-grant" in found(bounded("aws_iam_policy.most.arn", policy))


def test_one_that_is_known_leaves_what_it_allows() -> None:
    files = bounded("aws_iam_policy.most.arn", allowing('["s3:GetObject", "logs:PutLogEvents"]'))

    assert [grant.expanded_count for grant in deployment_of(files).grants] == [2]


@pytest.mark.parametrize("name", ["AdministratorAccess", "OfNextYear"])
def test_a_policy_of_aws_that_leaves_everything_or_is_not_known_bounds_nothing(name: str) -> None:
    assert "administrator-grant" in found(bounded(f'"arn:aws:iam::aws:policy/{name}"'))


def test_power_users_hand_out_no_permissions() -> None:
    files = bounded('"arn:aws:iam::aws:policy/PowerUserAccess"')
    (grant,) = deployment_of(files).grants

    assert "iam:createuser" not in grant.permission_actions


def test_a_policy_of_aws_for_reading_leaves_what_reads() -> None:
    (grant,) = deployment_of(bounded('"arn:aws:iam::aws:policy/ReadOnlyAccess"')).grants

    assert not grant.admin
    assert (grant.write_count, grant.permissions_count) == (0, 0)
    assert grant.read_count > 1_000


ORGANISATION = """
resource "aws_organizations_organization" "all" { feature_set = "ALL" }
resource "aws_organizations_account" "desk" {
  name  = "desk"
  email = "desk@acme.test"
}
resource "aws_organizations_policy" "nothing" {
  name    = "nothing"
  content = jsonencode({Statement = [{Effect = "Deny", Action = "*", Resource = "*"}]})
}
resource "aws_organizations_policy_attachment" "nothing" {
  policy_id = aws_organizations_policy.nothing.id
  target_id = %s
}
"""


@pytest.mark.parametrize(
    "target",
    [
        "aws_organizations_account.desk.id",
        "aws_organizations_organization.all.roots[0].id",
        '"111122223333"',
    ],
)
def test_a_control_policy_takes_nothing_away(target: str) -> None:
    """In which account a role comes to be is not told: in the managing one none of them holds."""
    role = bounded("null", ORGANISATION % target)

    assert "administrator-grant" in found(role)


def test_nor_does_one_in_a_template() -> None:
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    nothing = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    role = {
        "AssumeRolePolicyDocument": {"Statement": []},
        "Policies": [{"PolicyName": "all", "PolicyDocument": everything}],
    }
    control = {"Type": "SERVICE_CONTROL_POLICY", "Content": nothing, "TargetIds": ["111122223333"]}
    resources = {
        "Desk": {"Type": "AWS::IAM::Role", "Properties": role},
        "Nothing": {"Type": "AWS::Organizations::Policy", "Properties": control},
    }

    assert "administrator-grant" in found({"template.json": json.dumps({"Resources": resources})})


@pytest.mark.parametrize(
    ("by", "more"),
    [
        ("aws_iam_policy.most.arn", allowing('"*"')),
        ("aws_iam_policy.most.arn", allowing('"deskservice:*"')),
        ('"arn:aws:iam::aws:policy/PowerUserAccess"', ""),
    ],
)
def test_an_action_that_the_table_does_not_know_is_left(by: str, more: str) -> None:
    """AWS adds actions every week, and a pattern of a boundary may stand for one of them."""
    files = bounded(by, more)
    own = EVERYTHING.replace('"*"', '"deskservice:Answer"', 1)
    head, _, rest = files["main.tf"].partition(EVERYTHING)
    (grant,) = deployment_of({"main.tf": f"{head}{own}{rest}"}).grants

    assert (grant.actions, grant.expanded_count) == (("deskservice:answer",), 1)


@pytest.mark.parametrize("own", [False, True])
def test_one_of_several_of_a_name_is_known_by_its_folder_alone(own: object) -> None:
    files = bounded('"arn:aws:iam::111122223333:policy/most"')
    narrow, wide = allowing('"s3:GetObject"'), allowing('"*"')
    files |= {"main.tf": files["main.tf"] + (narrow if own else "")}
    elsewhere = {"dev/main.tf": narrow, "prod/main.tf": wide}
    given = [grant for grant in deployment_of(files | elsewhere).grants if grant.admin]

    assert any(grant.name.startswith("aws_iam_role_policy") for grant in given) is not own
