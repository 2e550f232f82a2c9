"""Instances of `for_each` that refer to one another."""

import pytest

from agentaudit.extract.deployment import deployment_of

AGENTS = """\
locals {
  agents = { desk = { acts = ["s3:*"] }, mail = { acts = ["ses:*"] } }
}
resource "aws_iam_role" "r" {
  for_each           = local.agents
  name               = NAME
  assume_role_policy = jsonencode({ Statement = [] })
}
resource "aws_iam_role_policy" "p" {
  for_each = local.agents
  role     = aws_iam_role.r[each.key].id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = each.value.acts, Resource = "*" }]
  })
}
resource "aws_lambda_function" "f" {
  for_each      = local.agents
  function_name = "${each.key}-agent"
  role          = aws_iam_role.r[each.key].arn
}
"""


@pytest.mark.parametrize("name", ['"${each.key}-role"', "var.name", "each.value.name"])
def test_each_instance_has_the_role_of_its_own_key(name: str) -> None:
    deployment = deployment_of({"main.tf": AGENTS.replace("NAME", name)})
    desk, mail = (role.id for role in deployment.identities)
    acting = [edge.dst for edge in deployment.edges if edge.kind == "authenticates_as"]

    assert {grant.actions: grant.identity_id for grant in deployment.grants} == {
        ("s3:*",): desk,
        ("ses:*",): mail,
    }
    assert acting == [desk, mail]


def test_a_resource_that_is_made_of_itself_ends() -> None:
    text = AGENTS.replace("NAME", '"x"').replace(
        "for_each           = local.agents",
        'for_each           = { for k in ["a"] : k => aws_iam_role.r[k].arn }',
    )

    assert [role.name for role in deployment_of({"main.tf": text}).identities] == ["x"]


@pytest.mark.parametrize(
    ("key", "roles"),
    [('"desk"', ["desk-role"]), ("var.which", []), ("local.unheard", [])],
)
def test_an_instance_that_nothing_decides_is_open(key: str, roles: list[str]) -> None:
    text = AGENTS.replace("NAME", '"${each.key}-role"').replace(
        "  for_each      = local.agents\n", ""
    )
    text = text.replace("${each.key}-agent", "agent").replace(
        "aws_iam_role.r[each.key].arn", f"aws_iam_role.r[{key}].arn"
    )
    deployment = deployment_of({"main.tf": text})
    names = {role.id: role.name for role in deployment.identities}
    acting = [names[edge.dst] for edge in deployment.edges if edge.kind == "authenticates_as"]
    role = "the role of aws_lambda_function.f"

    assert acting == roles
    assert (role in {each.what for each in deployment.unresolved}) is not bool(roles)


def test_of_one_instance_it_is_meant_whatever_the_key() -> None:
    text = AGENTS.replace("NAME", '"${each.key}-role"').replace(', mail = { acts = ["ses:*"] }', "")
    text = text.replace("aws_iam_role.r[each.key].arn", "aws_iam_role.r[var.which].arn")
    deployment = deployment_of({"main.tf": text})

    assert [edge.kind == "authenticates_as" for edge in deployment.edges].count(True) == 1
