"""Keys that Terraform makes: how long they are good, and whose they are."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from tests.linting.severities import found

DAY = 86_400


def terraform(type_: str, *lines: str) -> dict[str, str]:
    body = "\n".join(f"  {line}" for line in lines)
    return {"main.tf": f'resource "{type_}" "desk" {{\n{body}\n}}\n'}


@pytest.mark.parametrize(
    ("type_", "lines", "kind", "ttl_s"),
    [
        ("azuread_service_principal_password", (), "client_secret", 730 * DAY),
        (
            "azuread_service_principal_password",
            ('end_date_relative = "720h"',),
            "client_secret",
            30 * DAY,
        ),
        (
            "azuread_application_password",
            ('end_date = timeadd(timestamp(), "24h")',),
            "client_secret",
            DAY,
        ),
        (
            "azuread_application_password",
            ('end_date = "2099-01-01T00:00:00Z"',),
            "client_secret",
            None,
        ),
        ("aws_iam_access_key", ('user = "desk"',), "access_key", None),
        ("aws_iam_service_specific_credential", ('user_name = "desk"',), "api_key", None),
        (
            "aws_iam_service_specific_credential",
            ('service_name = "bedrock.amazonaws.com"', "credential_age_days = 30"),
            "api_key",
            30 * DAY,
        ),
        ("google_service_account_key", (), "key_file", None),
        ("google_storage_hmac_key", (), "access_key", None),
        ("google_apikeys_key", ('name = "desk"',), "api_key", None),
    ],
)
def test_a_key_that_terraform_makes_stands_in_its_state(
    type_: str, lines: tuple[str, ...], kind: str, ttl_s: int | None
) -> None:
    files = terraform(type_, *lines)
    (credential,) = deployment_of(files).credentials

    assert (credential.kind, credential.ttl_s, credential.exposure) == (kind, ttl_s, "state")
    assert "secret-in-terraform-state" in found(files)


OWNED = """
resource "azuread_application" "desk" { display_name = "desk" }
resource "azuread_service_principal" "desk" { client_id = azuread_application.desk.client_id }
resource "azuread_service_principal_password" "desk" {
  service_principal_id = azuread_service_principal.desk.id
}
resource "aws_iam_user" "desk" { name = "desk" }
resource "aws_iam_service_specific_credential" "desk" {
  service_name = "bedrock.amazonaws.com"
  user_name    = aws_iam_user.desk.name
}
"""


def test_whose_it_is_stands_with_it() -> None:
    found = deployment_of({"main.tf": OWNED})
    names = {fact.id: fact.name for fact in (*found.identities, *found.credentials)}
    proven = {
        names[edge.src]: names[edge.dst]
        for edge in found.edges
        if edge.kind is EdgeKind.AUTHENTICATES_AS
    }

    assert proven == {
        "azuread_service_principal_password.desk": "desk",
        "aws_iam_service_specific_credential.desk": "desk",
    }


def test_a_template_of_cloudformation_makes_a_key_and_has_no_state() -> None:
    text = """
Resources:
  Desk: {Type: "AWS::IAM::User"}
  DeskKey: {Type: "AWS::IAM::AccessKey", Properties: {UserName: !Ref Desk}}
"""
    rules = found({"template.yaml": text})

    assert "made-long-lived-key" in rules
    assert "secret-in-terraform-state" not in rules
