"""Policies that modules of Terraform make for whoever calls them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from tests.linting.severities import found

DOCUMENT = """
data "aws_iam_policy_document" "all" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
"""
OUTPUT = 'output "json" { value = data.aws_iam_policy_document.all.json }\n'
USED = 'resource "aws_iam_policy" "p" { policy = data.aws_iam_policy_document.all.json }\n'
CALLED = 'module "m" { source = "./m" }\nresource "aws_iam_policy" "p" { policy = module.m.json }\n'
PRINCIPAL = DOCUMENT.replace(
    "actions ", 'principals {\n type = "AWS"\n identifiers = ["*"]\n }\n actions '
)


@pytest.mark.parametrize(
    ("files", "grants"),
    [
        ({"main.tf": DOCUMENT + OUTPUT}, ["output.json"]),
        ({"main.tf": DOCUMENT + OUTPUT + USED}, ["aws_iam_policy.p"]),
        ({"m/main.tf": DOCUMENT + OUTPUT, "main.tf": CALLED}, ["aws_iam_policy.p"]),
        ({"main.tf": DOCUMENT}, []),
        ({"main.tf": PRINCIPAL + OUTPUT}, []),
    ],
    ids=["exported", "used here", "used by a caller", "used nowhere", "of a resource"],
)
def test_a_document_is_told_once_where_something_takes_it(
    files: dict[str, str], grants: list[str]
) -> None:
    assert [grant.principal for grant in deployment_of(files).grants] == grants


def test_whoever_takes_it_may_do_what_it_says() -> None:
    assert "administrator-grant" in found({"main.tf": DOCUMENT + OUTPUT})
