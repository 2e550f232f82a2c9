"""Policies of Google Cloud that stand in documents: who has which role by them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.fact import NOBODY

ACCOUNT = 'resource "google_service_account" "a" { account_id = "agent" }\n'
DOCUMENT = """
data "google_iam_policy" "p" {
  binding {
    role    = "roles/owner"
    members = ["serviceAccount:${google_service_account.a.email}"]
  }
  binding {
    role    = "roles/viewer"
    members = ["allUsers", "serviceAccount:${google_service_account.a.email}"]
  }
}
"""
USE = """
resource "google_%s_iam_policy" "u" {
  policy_data = %s
}
"""
DATA = "data.google_iam_policy.p.policy_data"
MEMBER = "serviceAccount:${google_service_account.a.email}"
WRITTEN = f"""jsonencode({{
    bindings = [
      {{ role = "roles/owner", members = ["{MEMBER}"] }},
      {{ role = "roles/viewer", members = ["allUsers", "{MEMBER}"] }},
    ]
  }})"""
TEXT = f"""<<EOF
{{"bindings": [
  {{"role": "roles/owner", "members": ["{MEMBER}"]}},
  {{"role": "roles/viewer", "members": ["allUsers", "{MEMBER}"]}}
]}}
EOF
"""
SERVICE = """
data "google_iam_policy" "open" {
  binding {
    role    = "roles/run.invoker"
    members = ["%s"]
  }
}
resource "google_cloud_run_v2_service" "s" {
  name = "support-agent"
  template {
    service_account = google_service_account.a.email
    containers { image = "acme/support-agent:1" }
  }
}
resource "google_cloud_run_v2_service_iam_policy" "s" {
  name        = google_cloud_run_v2_service.s.name
  policy_data = data.google_iam_policy.open.policy_data
}
"""
DYNAMIC = """
data "google_iam_policy" "p" {
  dynamic "binding" {
    for_each = var.all
    content {
      role    = binding.key
      members = binding.value
    }
  }
}
"""


def read(text: str) -> Deployment:
    return deployment_of({"main.tf": ACCOUNT + text})


@pytest.mark.parametrize("data", [DATA, WRITTEN, TEXT])
@pytest.mark.parametrize("level", ["project", "folder", "organization"])
def test_a_policy_in_a_document_grants_what_its_bindings_say(level: str, data: str) -> None:
    deployment = read(DOCUMENT + USE % (level, data))
    (account,) = deployment.identities
    found = {(grant.actions[0], grant.identity_id): grant for grant in deployment.grants}

    assert set(found) == {
        ("roles/owner", account.id),
        ("roles/viewer", account.id),
        ("roles/viewer", NOBODY),
    }
    assert found["roles/owner", account.id].admin
    assert found["roles/viewer", NOBODY].open_to == "anybody"
    assert len([edge for edge in deployment.edges if edge.kind is EdgeKind.GRANTS]) == 2
    assert deployment.unresolved == ()


def test_a_grant_of_a_document_stands_there_and_where_it_is_used() -> None:
    files = {"main.tf": ACCOUNT + USE % ("project", DATA), "policy.tf": DOCUMENT}
    owner = next(grant for grant in deployment_of(files).grants if grant.admin)

    assert [str(place) for place in owner.evidence] == ["policy.tf:4:15", "main.tf:3:1"]


def test_a_document_that_nothing_uses_grants_nothing() -> None:
    assert read(DOCUMENT).grants == ()


@pytest.mark.parametrize("thing", ["secret_manager_secret", "service_account"])
def test_on_single_things_only_everybody_is_told(thing: str) -> None:
    grants = read(DOCUMENT + USE % (thing, DATA)).grants

    assert [(grant.principal, grant.actions) for grant in grants] == [
        ("allUsers", ("roles/viewer",))
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (USE % ("project", "var.policy"), "the policy of google_project_iam_policy.u"),
        (
            USE % ("service_account", "file(var.name)"),
            "the policy of google_service_account_iam_policy.u",
        ),
        (
            DOCUMENT.replace('"roles/owner"', "var.role") + USE % ("project", DATA),
            "the role of google_project_iam_policy.u",
        ),
        (DYNAMIC + USE % ("project", DATA), "the role of google_project_iam_policy.u"),
    ],
)
def test_what_a_policy_does_not_say_is_open(text: str, what: str) -> None:
    assert [end.what for end in read(text).unresolved] == [what]


@pytest.mark.parametrize(("member", "asks"), [("allUsers", Truth.NO), ("user:a@b", Truth.UNKNOWN)])
def test_a_document_may_open_a_service_to_anybody(member: str, asks: Truth) -> None:
    (agent,) = read(SERVICE % member).agents

    assert agent.authenticated is asks
