"""Roles of Google Cloud in Terraform: custom ones, and conditions on what they are given for."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.permissions import Grant

MEMBER = """
resource "google_service_account" "agent" { account_id = "agent" }

resource "google_project_iam_member" "agent" {
  project = "support"
  role    = %s
  member  = "serviceAccount:${google_service_account.agent.email}"
  %s
}
"""
CUSTOM = """
resource "google_project_iam_custom_role" "own" {
  role_id     = "agentOwn"
  title       = "What the agent may do"
  permissions = %s
}
"""
ROLE = "google_project_iam_custom_role.own.id"
GRANTED = (
    "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/run.invoker'])"
)
LIMITS = 'condition {\n    title      = "t"\n    expression = %s\n  }'


def read(role: str, more: str = "", permissions: str = "[]") -> Deployment:
    return deployment_of({"main.tf": MEMBER % (role, more) + CUSTOM % permissions})


def grant_of(found: Deployment) -> Grant:
    (grant,) = found.grants
    return grant


@pytest.mark.parametrize(
    "role", [ROLE, "google_project_iam_custom_role.own.name", '"projects/support/roles/agentOwn"']
)
def test_a_custom_role_is_what_it_permits(role: str) -> None:
    permissions = '["storage.objects.get", "secretmanager.versions.access", "run.services.create"]'
    grant = grant_of(read(role, "", permissions))

    assert grant.name == "agentOwn on project"
    assert (grant.write_count, grant.read_count) == (1, 2)
    assert grant.sensitive_actions == ("run.services.create",)
    assert grant.secret_reads == ("secretmanager.versions.access",)
    assert grant.identity_id != ""


def test_permissions_that_lead_to_more_are_ways_to_more_each_once() -> None:
    permissions = (
        '["iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signBlob",'
        ' "resourcemanager.projects.setIamPolicy"]'
    )

    assert grant_of(read(ROLE, "", permissions)).escalations == (
        "impersonate-service-accounts",
        "change-project-policy",
    )


@pytest.mark.parametrize("permissions", ["var.permissions", '["run.services.get", var.one]'])
def test_permissions_that_no_value_tells_are_open(permissions: str) -> None:
    found = read(ROLE, "", permissions)

    assert [end.what for end in found.unresolved] == [
        "the permissions of google_project_iam_custom_role.own"
    ]


@pytest.mark.parametrize(
    ("expression", "conditions", "escalations"),
    [
        ('"request.time < timestamp(\\"2027-01-01T00:00:00Z\\")"', ("request.time",), True),
        (
            f'"{GRANTED}"',
            ("modifiedgrantsbyrole",),
            False,
        ),
        ("var.condition", ("condition",), True),
    ],
)
def test_only_a_condition_on_what_may_be_granted_ends_a_way_to_more(
    expression: str, conditions: tuple[str, ...], *, escalations: bool
) -> None:
    grant = grant_of(read('"roles/resourcemanager.projectIamAdmin"', LIMITS % expression))

    assert grant.conditions == conditions
    assert bool(grant.escalations) is escalations


@pytest.mark.parametrize(
    ("more", "member", "secrets"),
    [
        ("", "serviceAccount:a@b.iam.gserviceaccount.com", 1),
        ("", "group:ops@acme.example", 0),
        (
            LIMITS % '"resource.name.startsWith(\\"projects/1/secrets/openai\\")"',
            "serviceAccount:a@b.iam.gserviceaccount.com",
            0,
        ),
    ],
)
def test_secrets_of_a_project_are_within_reach_of_programs_alone(
    more: str, member: str, secrets: int
) -> None:
    found = deployment_of(
        {
            "main.tf": 'resource "google_project_iam_member" "a" {\n'
            f'  role = "roles/secretmanager.secretAccessor"\n  member = "{member}"\n  {more}\n}}'
        }
    )

    assert len(grant_of(found).secret_reads) == secrets
