"""Values of Terraform that decide what rules say, and that no file decides."""

from collections.abc import Sequence

import pytest

from agentaudit.extract.deployment import deployment_of

VARIABLES = 'variable "given" {}\nvariable "known" { default = "acme/agent:1" }\n'
DEPLOYMENT = """
resource "kubernetes_deployment_v1" "a" {{
  metadata {{ name = "agent" }}
  spec {{ template {{ spec {{ container {{
    name  = "agent"
    {body}
  }} }} }} }}
}}
"""
TASK = """
resource "aws_ecs_task_definition" "a" {{
  family                = "agent"
  container_definitions = jsonencode([{{ name = "agent", {body} }}])
}}
"""
SERVICE = """
resource "google_cloud_run_v2_service" "a" {{
  name = "agent"
  template {{ containers {{ {body} }} }}
}}
"""
FUNCTION = 'resource "aws_lambda_function" "a" {{\n  function_name = "agent"\n  {body}\n}}\n'
APP = """
resource "azurerm_container_app" "a" {{
  name = "agent"
  template {{
    container {{
      name = "agent"
      {body}
    }}
  }}
}}
"""
ROLE = """
resource "aws_iam_role" "a" {{
  name = "agent"
  assume_role_policy = jsonencode({{
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", {body} }}]
  }})
}}
"""


def _open(form: str, body: str) -> Sequence[str]:
    found = deployment_of({"main.tf": VARIABLES + form.format(body=body)})
    return [end.what for end in found.unresolved]


@pytest.mark.parametrize(
    ("form", "body", "what"),
    [
        (DEPLOYMENT, "image = var.given", "image` of kubernetes_deployment_v1.a"),
        (DEPLOYMENT, "security_context { privileged = var.given }", "privileged` of kubernetes_"),
        (TASK, "image = var.given", "`container_definitions.image` of aws_ecs_task_definition.a"),
        (TASK, 'image = "acme/agent:${var.given}"', "`container_definitions.image` of aws_ecs_"),
        (TASK, 'image = "a", privileged = var.given', "`container_definitions.privileged` of"),
        (SERVICE, "image = var.given", "image` of google_cloud_run_v2_service.a"),
        (FUNCTION, "image_uri = var.given", "`image_uri` of aws_lambda_function.a"),
        (APP, "image = var.given", "image` of azurerm_container_app.a"),
        (ROLE, "Principal = { AWS = var.given }", "whom agent trusts by"),
    ],
)
def test_a_value_that_no_file_decides_is_open(form: str, body: str, what: str) -> None:
    assert [what in each for each in _open(form, body)] == [True]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (DEPLOYMENT, "image = var.known"),
        (TASK, "image = var.known, privileged = false"),
        (SERVICE, "image = var.known"),
        (FUNCTION, 'image_uri = "${aws_ecr_repository.agent.repository_url}:1"'),
        (ROLE, 'Principal = { Service = "lambda.amazonaws.com" }'),
        (ROLE, "Principal = { AWS = aws_iam_role.other.arn }"),
        (
            ROLE,
            (
                "Principal = { AWS = var.given }, "
                'Condition = { StringEquals = { "sts:ExternalId" = "a" } }'
            ),
        ),
    ],
)
def test_what_a_file_decides_is_not_open(form: str, body: str) -> None:
    assert not _open(form, body)
