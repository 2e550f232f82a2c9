"""Service accounts that act as any user of a Google Workspace."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.permissions import Grant

HEAD = """from google.adk.agents import Agent
from google.auth import impersonated_credentials
from google.oauth2 import service_account
from google.oauth2.service_account import Credentials
SEND = "https://www.googleapis.com/auth/gmail.send"
SCOPES = [SEND, "https://www.googleapis.com/auth/drive.readonly"]
"""
AGENT = 'agent = Agent(name="desk", model="gemini-2.5-flash")\n'


def coded(code: str, head: str = HEAD + AGENT) -> Deployment:
    return deployment_of({"desk.py": f"{head}{code}\n"})


def asked(deployment: Deployment) -> set[tuple[str, int]]:
    """What of a domain is asked for, and whether that changes anything."""
    return {(each.actions[0], each.write_count) for each in delegated(deployment)}


def delegated(deployment: Deployment) -> list[Grant]:
    return [grant for grant in deployment.grants if grant.source == "application"]


@pytest.mark.parametrize(
    "code",
    [
        "Credentials.from_service_account_file('key.json', scopes=SCOPES, subject=user)",
        "service_account.Credentials.from_service_account_info(info, scopes=SCOPES, subject=user)",
        "Credentials.from_service_account_file('k', scopes=SCOPES).with_subject('a@acme.example')",
        "Credentials.from_service_account_file('k').with_scopes(SCOPES).with_subject(user)",
        "made = Credentials.from_service_account_info(info, scopes=SCOPES)\nmade.with_subject(a)",
        "impersonated_credentials.Credentials(source, desk, target_scopes=SCOPES, subject=user)",
    ],
)
def test_a_subject_stands_for_any_user(code: str) -> None:
    found = coded(code)

    assert asked(found) == {("gmail.send", 1), ("drive.readonly", 0)}
    assert all(grant.agent_reachable for grant in delegated(found))


@pytest.mark.parametrize(
    "code",
    [
        "Credentials.from_service_account_file('key.json', scopes=SCOPES)",
        "Credentials.from_service_account_file('key.json', scopes=SCOPES, subject=None)",
        "impersonated_credentials.Credentials(source, 'desk@acme.example', target_scopes=SCOPES)",
        "mail.compose(subject=user, scopes=SCOPES)",
    ],
)
def test_an_account_that_is_itself_stands_for_nobody(code: str) -> None:
    assert delegated(coded(code)) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "delegated_user='a@acme.example'",
            {("gmail.readonly", 0), ("gmail.modify", 1), ("gmail.compose", 1)},
        ),
        (
            "delegated_user=user, scopes=['https://www.googleapis.com/auth/gmail.readonly']",
            {("gmail.readonly", 0)},
        ),
        ("credentials_path='client.json'", set()),
        ("delegated_user=None", set()),
    ],
)
def test_a_toolkit_of_agno_stands_for_a_user(given: str, expected: set[tuple[str, int]]) -> None:
    head = "from agno.agent import Agent\nfrom agno.tools.google.gmail import GmailTools\n"
    found = coded(f"desk = Agent(name='desk', tools=[GmailTools({given})])", head)

    assert asked(found) == expected
    assert {grant.agent_reachable for grant in delegated(found)} <= {True}


def test_a_subject_of_a_mail_is_none_of_google() -> None:
    head = "from google.adk.agents import Agent\n"

    assert not coded("message.with_subject('Hello')", head).identities


def test_scopes_that_no_file_tells_are_left_open() -> None:
    found = coded("Credentials.from_service_account_file('k', scopes=load()).with_subject(user)")

    assert delegated(found) == []
    assert [end.what for end in found.unresolved] == ["the scopes of service account in desk.py"]


ACCOUNT = """
resource "google_service_account" "desk" { account_id = "desk" }
resource "google_service_account_key" "desk" {
  service_account_id = google_service_account.desk.name
}
resource "google_cloud_run_v2_service" "desk" {
  template {
    service_account = google_service_account.desk.email
    containers { image = "desk-agent:1" }
  }
}
provider "googleworkspace" {
  credentials             = %s
  impersonated_user_email = "admin@acme.example"
  %s
}
"""
KEY = "base64decode(google_service_account_key.desk.private_key)"


@pytest.mark.parametrize(
    ("credentials", "scopes", "expected"),
    [
        (KEY, "", {("admin.directory.user", 1)}),
        (
            KEY,
            'oauth_scopes = ["https://www.googleapis.com/auth/admin.directory.user.readonly"]',
            {("admin.directory.user.readonly", 0)},
        ),
        ('file("admin.json")', "", set()),
    ],
)
def test_a_provider_acts_for_a_domain_by_the_key_of_an_account(
    credentials: str, scopes: str, expected: set[tuple[str, int]]
) -> None:
    found = deployment_of({"main.tf": ACCOUNT % (credentials, scopes)})
    (account,) = found.identities

    assert asked(found) == expected
    assert {grant.identity_id for grant in delegated(found)} <= {account.id}


def test_a_provider_whose_scopes_a_variable_decides_is_left_open() -> None:
    found = deployment_of({"main.tf": ACCOUNT % (KEY, "oauth_scopes = [var.scope]")})

    assert delegated(found) == []
    assert "a scope of desk" in {end.what for end in found.unresolved}
