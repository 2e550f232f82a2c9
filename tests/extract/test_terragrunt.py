"""Configurations of Terragrunt, and modules that several callers hand values to."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.fakes import fake
from agentaudit.rules.ours import lint_rules

MODULE = """\
variable "path" { default = null }
resource "aws_iam_role" "desk" {
  name               = "desk"
  assume_role_policy = jsonencode({ Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" }
  }] })
}
resource "aws_iam_role_policy" "desk" {
  role   = aws_iam_role.desk.id
  policy = jsonencode({ Statement = [{
    Effect = "Allow", Action = "secretsmanager:GetSecretValue"
    Resource = var.path == null ? "*" : "arn:aws:secretsmanager:eu:1:secret:${var.path}"
  }] })
}
"""


def told(files: dict[str, str]) -> bool:
    """Whether the role of the module may read any secret."""
    found = deployment_of({"iac/app/main.tf": MODULE, **files})
    return bool(lint(found, lint_rules(), names={"any-secret-readable"}).findings)


def configured(source: str, inputs: str) -> str:
    return f'terraform {{ source = "{source}" }}\nlocals {{ own = "desk" }}\ninputs = {inputs}\n'


@pytest.mark.parametrize(
    ("source", "inputs", "expected"),
    [
        ("../../app", '{ path = "desk" }', False),
        ("../../..//iac/app", '{ path = "desk" }', False),
        ("${get_terragrunt_dir()}/../../app", '{ path = "desk" }', False),
        ("../../app", '{ "path" = local.own }', False),
        ("../../app", 'merge(local.x, { path = "a" }, { path = "desk" })', False),
        ("../../app", '{ path = "*" }', True),
        ("../../app", "{ other = 1 }", True),
        ("../../app", "local.x", True),
        ("../../other", '{ path = "desk" }', True),
        ("git::https://git.example/app.git", '{ path = "desk" }', True),
    ],
)
def test_a_configuration_hands_values_to_the_module_that_it_runs(
    source: str, inputs: str, *, expected: bool
) -> None:
    assert told({"iac/live/dev/terragrunt.hcl": configured(source, inputs)}) is expected


def test_without_a_source_the_files_beside_it_are_run() -> None:
    assert not told({"iac/app/terragrunt.hcl": 'inputs = { path = "desk" }\n'})


@pytest.mark.parametrize(
    ("others", "expected"),
    [(['"b"'], False), (['"b"', '"c"'], False), ([""], True), (['"b"', ""], True)],
)
def test_a_default_holds_where_one_caller_leaves_it(others: list[str], *, expected: bool) -> None:
    """What several hand over is no one value; none of them is taken for the others."""
    calls = [
        f'module "m{n}" {{\n  source = "./app"\n  {f"path = {value}" if value else ""}\n}}\n'
        for n, value in enumerate(['"a"', *others])
    ]

    assert told({"iac/main.tf": "".join(calls)}) is expected


def test_what_all_callers_hand_over_is_the_value() -> None:
    call = 'module "m%d" {\n  source = "./app"\n  path = "*"\n}\n'

    assert told({"iac/main.tf": call % 1 + call % 2})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ('["*"]', '["*"]', True),
        ('["*"]', '["*", "b"]', False),
        ('["a"]', '["b"]', False),
        ('["*", { a = 1 }]', '["*", { a = 2 }]', False),
        ('["*"]', '"*"', False),
    ],
)
def test_callers_agree_on_lists_of_texts_as_well(
    first: str, second: str, *, expected: bool
) -> None:
    module = MODULE.replace(
        'var.path == null ? "*" : "arn:aws:secretsmanager:eu:1:secret:${var.path}"', "var.path"
    )
    calls = [
        f'module "m{n}" {{\n  source = "./app"\n  path = {value}\n}}\n'
        for n, value in enumerate((first, second))
    ]

    assert told({"iac/main.tf": "".join(calls), "iac/app/main.tf": module}) is expected


def test_a_secret_in_a_configuration_is_found() -> None:
    key = "vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG"
    found = deployment_of({"live/terragrunt.hcl": f'inputs = {{ api_token = "{key}" }}\n'})

    assert [each.evidence[0].file for each in found.credentials] == ["live/terragrunt.hcl"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('db_password = "KEY"\n', 1),
        ('database = { password = "KEY" }\n', 1),
        ('db_password = ""\n', 0),
        ('db_password_secret_name = "orders-db-password"\n', 0),
        ('ssh_key_name = "KEY"\n', 0),
    ],
)
def test_a_file_of_variables_says_by_their_names_which_are_secret(text: str, found: int) -> None:
    """Also one that has to be asked for (`-var-file=live/prod.tfvars`)."""
    key = "vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG"
    deployment = deployment_of({"live/prod.tfvars": text.replace("KEY", key)})

    assert len(deployment.credentials) == found


ENVIRONMENT = """\
variable "openai_api_key" {}
resource "aws_ecs_task_definition" "desk" {
  container_definitions = jsonencode([{
    name = "support-agent", image = "acme/support-agent:1"
    environment = [{ name = "OPENAI_API_KEY", value = var.openai_api_key }]
  }])
}
"""
COMPOSED = """\
variable "openai_api_key" {}
resource "aws_ecs_task_definition" "desk" {
  container_definitions = <<EOF
[{"name": "support-agent", "environment": [
  {"name": "OPENAI_API_KEY", "value": "${var.openai_api_key}"}
]}]
EOF
}
"""
RUN = """\
variable "openai_api_key" {}
resource "google_cloud_run_v2_service" "desk" {
  name = "support-agent"
  template {
    containers {
      image = "acme/support-agent:1"
      env {
        name  = "OPENAI_API_KEY"
        value = var.openai_api_key
      }
    }
  }
}
"""


@pytest.mark.parametrize(("text", "leads"), [(ENVIRONMENT, True), (RUN, True), (COMPOSED, False)])
def test_a_variable_that_a_resource_uses_is_told_once(text: str, *, leads: bool) -> None:
    """It is one secret in one place, which the resource leads to as far as that is known."""
    values = f'openai_api_key = "{fake("password")}"\n'
    found = deployment_of({"main.tf": text, "terraform.tfvars": values})
    (key,) = [each for each in found.credentials if each.form == "literal"]

    assert key.evidence[0].file == "main.tf"
    assert ("terraform.tfvars" in {place.file for place in key.evidence}) is leads
    assert not lint(found, lint_rules(), names={"shared-secret"}).findings


def test_the_same_secret_in_two_files_of_variables_is_told_of_both() -> None:
    values = f'db_password = "{fake("password")}"\n'
    found = deployment_of({"live/dev.tfvars": values, "live/prod.tfvars": values})

    assert len(found.credentials) == 2
