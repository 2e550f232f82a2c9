"""What applications may do by themselves: apps of Entra in Terraform, and manifests."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind

ENTRA = """
resource "azuread_service_principal" "graph" { client_id = "00000003-0000-0000-c000-000000000000" }
resource "azuread_application" "a" {
  display_name = "mail-assistant"
  required_resource_access {
    resource_app_id = "00000003-0000-0000-c000-000000000000"
    resource_access {
      id   = %s
      type = "%s"
    }
  }
}
resource "azuread_service_principal" "a" { client_id = azuread_application.a.client_id }
%s
"""
MAIL = '"e2a3a72e-5f79-4c64-b1b1-878b674786c9"'
ASSIGNED = """
resource "azuread_app_role_assignment" "r" {
  app_role_id         = azuread_service_principal.graph.app_role_ids["Files.ReadWrite.All"]
  principal_object_id = azuread_service_principal.a.object_id
  resource_object_id  = azuread_service_principal.graph.object_id
}
resource "azuread_application_password" "p" { application_id = azuread_application.a.id }
"""


def entra(role: str = MAIL, kind: str = "Role", more: str = "") -> Deployment:
    return deployment_of({"main.tf": ENTRA % (role, kind, more)})


def asked(found: Deployment) -> list[tuple[str, tuple[str, ...], int]]:
    return [
        (grant.principal, grant.actions, grant.write_count)
        for grant in found.grants
        if grant.source == "application"
    ]


@pytest.mark.parametrize(
    ("role", "name", "writes"),
    [
        (MAIL, "Mail.ReadWrite", 1),
        (MAIL.upper(), "Mail.ReadWrite", 1),
        ('azuread_service_principal.graph.app_role_ids["Sites.Selected"]', "Sites.Selected", 0),
        ('azuread_service_principal.graph.app_role_ids["Mail.Send"]', "Mail.Send", 1),
        ('"810c84a8-4a9e-49e6-bf7d-12d183f40d01"', "Mail.Read", 0),
    ],
)
def test_an_app_role_is_known_by_its_id_or_by_its_name(role: str, name: str, writes: int) -> None:
    assert asked(entra(role)) == [("mail-assistant", (name,), writes)]


def test_what_a_user_has_to_agree_to_is_no_permission_of_the_application() -> None:
    assert asked(entra(kind="Scope")) == []


def test_an_id_that_nobody_knows_is_left_open() -> None:
    found = entra('"00000000-1111-2222-3333-444444444444"')

    assert asked(found) == []
    assert [item.effect for item in found.unresolved] == ["what mail-assistant may do is open"]


def test_an_assigned_role_belongs_to_the_application_behind_the_principal() -> None:
    found = entra(more=ASSIGNED)
    (application,) = found.identities

    assert ("mail-assistant", ("Files.ReadWrite.All",), 1) in asked(found)
    assert {grant.identity_id for grant in found.grants} == {application.id}


def test_the_secret_of_an_application_proves_it() -> None:
    found = entra(more=ASSIGNED)
    (secret,) = found.credentials
    (application,) = found.identities

    assert any(
        (edge.kind, edge.src, edge.dst) == (EdgeKind.AUTHENTICATES_AS, secret.id, application.id)
        for edge in found.edges
    )


def test_roles_that_lead_to_all_others_are_ways_up() -> None:
    found = entra('"06b708a9-e830-4db3-a914-8e69da51d44f"')

    assert [grant.escalations for grant in found.grants] == [("grant-itself-any-permission",)]


@pytest.mark.parametrize(
    ("manifest", "actions"),
    [
        (
            {
                "displayName": "desk",
                "requiredResourceAccess": [
                    {
                        "resourceAppId": "Microsoft Graph",
                        "resourceAccess": [
                            {"id": "Mail.Send", "type": "Role"},
                            {"id": "User.Read", "type": "Scope"},
                        ],
                    }
                ],
            },
            [("Mail.Send",)],
        ),
        (
            {
                "display_information": {"name": "desk"},
                "oauth_config": {"scopes": {"bot": ["chat:write"], "user": ["admin.teams:read"]}},
            },
            [("admin.teams:read",)],
        ),
        (
            {"name": "desk", "default_permissions": {"contents": "write", "workflows": "write"}},
            [("contents:write workflows:write",)],
        ),
        ({"name": "desk", "default_permissions": {"contents": "write", "issues": "write"}}, []),
        ({"requiredResourceAccess": "x", "oauth_config": [], "default_permissions": 7}, []),
    ],
)
def test_a_manifest_says_what_its_application_asks_for(
    manifest: dict[str, object], actions: list[tuple[str, ...]]
) -> None:
    text = json.dumps({**manifest, "accessTokenAcceptedVersion": 2})

    assert [grant.actions for grant in deployment_of({"app/manifest.json": text}).grants] == actions
