"""Files that Terraform reads, and modules that are not among the files."""

import pytest
from inline_snapshot import snapshot

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.terraform.sources import Files
from agentaudit.readers.yaml import parse_yaml

POLICY = """\
{
  "Statement": [
    {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:eu:1:table/${t}"}
  ]
}
"""
ROLE = """\
resource "aws_iam_role" "desk" {
  name               = "desk"
  assume_role_policy = file("trust.json")
}
resource "aws_iam_role_policy" "desk" {
  role   = aws_iam_role.desk.id
  policy = POLICY
}
"""
TRUST = """\
{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
"""


@pytest.mark.parametrize(
    ("expression", "file"),
    [
        ('file("desk.json")', "iac/desk.json"),
        ('file("${path.module}/policies/desk.json")', "iac/policies/desk.json"),
        ('templatefile("${path.module}/desk.json.tpl", { t = "desks" })', "iac/desk.json.tpl"),
        ('jsonencode(jsondecode(file("../desk.json")))', "desk.json"),
        ("local.policy", "iac/desk.json"),
    ],
)
def test_a_policy_in_a_file_is_of_the_role_that_is_given_it(expression: str, file: str) -> None:
    text = ROLE.replace("POLICY", expression)
    text += 'locals {\n  policy = file("desk.json")\n}\n'
    deployment = deployment_of({"iac/main.tf": text, file: POLICY, "iac/trust.json": TRUST})
    (grant,) = deployment.grants
    (role,) = deployment.identities

    assert (grant.evidence[0].file, grant.evidence[0].line) == (file, 3)
    assert grant.identity_id == role.id
    assert role.trust_wildcard
    assert not deployment.unresolved


def test_a_template_allows_what_it_is_given() -> None:
    given = "{ act = var.act, table = aws_dynamodb_table.desk.arn }"
    text = ROLE.replace("POLICY", f'templatefile("desk.json.tpl", {given})')
    text += 'variable "act" {\n  default = "dynamodb:*"\n}\n'
    policy = '{"Statement": [{"Effect": "Allow",\n "Action": "${act}", "Resource": "${table}"}]}'
    (grant,) = deployment_of({"main.tf": text, "desk.json.tpl": policy, "trust.json": TRUST}).grants

    assert grant.actions == ("dynamodb:*",)
    assert grant.resources == ("${aws_dynamodb_table.desk.arn}",)
    assert grant.evidence[0].file == "desk.json.tpl"


def test_what_nobody_gives_a_template_may_be_anything() -> None:
    text = ROLE.replace("POLICY", 'templatefile("desk.json.tpl", var.given)')
    policy = '{"Statement": [{"Effect": "Allow", "Action": "${act}", "Resource": "*"}]}'
    deployment = deployment_of({"main.tf": text, "desk.json.tpl": policy, "trust.json": TRUST})

    assert [(end.evidence.file, end.what) for end in deployment.unresolved] == snapshot(
        [
            (
                "desk.json.tpl",
                "the actions of a statement (${act}) in aws_iam_role_policy.desk.policy",
            )
        ]
    )


def test_a_policy_of_a_file_that_nobody_is_given_is_told_of_by_itself() -> None:
    deployment = deployment_of({"main.tf": 'locals {\n  x = file("a.json")\n}\n', "a.json": POLICY})

    assert len(deployment.grants) == 1


def test_a_file_that_is_not_there_may_allow_anything() -> None:
    text = ROLE.replace("POLICY", 'file("gone.json")')
    ends = deployment_of({"main.tf": text, "trust.json": TRUST}).unresolved

    assert [(end.what, end.evidence.line) for end in ends] == [
        ("the policy of aws_iam_role_policy.desk.policy", 7)
    ]


@pytest.mark.parametrize("source", ["acme/roles/aws", "git::https://git.example/x.git", "./gone"])
def test_a_module_from_elsewhere_makes_what_nobody_here_knows(source: str) -> None:
    text = f'module "roles" {{\n  source = "{source}"\n}}\n'
    (end,) = deployment_of({"main.tf": text}).unresolved

    assert end.what == f"the module roles ({source}) is not among the files"
    assert (end.evidence.line, end.evidence.column) == (2, 12)


def test_a_module_of_the_repository_is_known() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n}\n',
        "m/main.tf": "locals {\n  a = 1\n}\n",
    }

    assert not deployment_of(files).unresolved


def test_a_setting_stands_in_the_file_that_is_decoded() -> None:
    text = """\
locals {
  settings = yamldecode(file("settings.yaml"))
}
resource "aws_bedrockagentcore_memory" "desk" {
  name                  = "desk"
  event_expiry_duration = local.settings.memory.days
}
"""
    files = {"main.tf": text, "settings.yaml": "memory:\n  days: 90\n"}
    (store,) = deployment_of(files).memory_stores

    assert store.ttl_s == 90 * 24 * 3600


def test_a_file_is_taken_once_however_many_modules_read_it() -> None:
    files = Files({"a/desk.yaml": parse_yaml("a/desk.yaml", "Statement: []\n")})
    held = files.held("a/desk.yaml")

    assert held is not None
    assert held is files.held("a/desk.yaml")
    assert files.held("../desk.yaml") is None


TASK = """\
resource "aws_ecs_task_definition" "desk" {
  family                = "desk-agent"
  container_definitions = templatefile("${path.module}/desk.json.tftpl", {
    image = "acme/desk-agent:1.4", memory = 512, key = var.key
    env   = [{ name = "OPENAI_API_KEY", value = var.key }]
  })
}
"""
CONTAINERS = """\
[{
  "name": "desk-agent",
  "image": "${image}",
  "memory": ${memory},
  "cpu": 256,
  "environment": ENVIRONMENT
}]
"""


@pytest.mark.parametrize(
    "environment", ["${jsonencode(env)}", '[{"name": "OPENAI_API_KEY", "value": "${key}"}]']
)
def test_containers_of_a_template_are_those_that_run(environment: str) -> None:
    template = CONTAINERS.replace("ENVIRONMENT", environment)
    deployment = deployment_of({"main.tf": TASK, "desk.json.tftpl": template})
    (runtime,) = deployment.runtimes

    assert runtime.evidence[0].file == "desk.json.tftpl"
    assert runtime.memory_limit == "set"
    assert [each.name for each in deployment.credentials] == ["OPENAI_API_KEY"]
    assert not deployment.unresolved
