"""Policies of Google Cloud that are files of their own, as its command line prints them."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind

ADDRESS = "desk@support.iam.gserviceaccount.com"
SERVICE = f"""\
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: support-agent
  annotations: {{run.googleapis.com/ingress: all}}
spec:
  template:
    spec:
      serviceAccountName: {ADDRESS}
      containers: [{{image: europe-docker.pkg.dev/acme/agents/support:1.4.2}}]
"""


def policy(role: str, *members: str, **more: object) -> str:
    binding = {"role": role, "members": members, **more}
    return json.dumps({"version": 3, "etag": "BwY=", "bindings": [binding]})


def test_a_policy_that_was_printed_grants_what_it_binds() -> None:
    found = deployment_of({"policy.json": policy("roles/owner", "user:ops@acme.example")})

    assert [(each.admin, each.principal) for each in found.grants] == [
        (True, "user:ops@acme.example")
    ]


def test_what_an_account_is_granted_reaches_the_agent_that_runs_as_it() -> None:
    found = deployment_of(
        {
            "service.yaml": SERVICE,
            "iam/policy.json": policy("roles/editor", f"serviceAccount:{ADDRESS}"),
        }
    )
    (runtime,), (grant,) = found.runtimes, found.grants

    assert grant.agent_reachable
    assert (runtime.id, grant.identity_id) in {
        (edge.src, edge.dst) for edge in found.edges if edge.kind is EdgeKind.AUTHENTICATES_AS
    }


def test_a_condition_of_a_binding_is_kept() -> None:
    condition = {"title": "t", "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")'}
    text = policy("roles/run.admin", "group:ops@acme.example", condition=condition)

    assert deployment_of({"policy.json": text}).grants[0].conditions == ("request.time",)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"bindings": [{"role": "roles/owner", "members": ["user:a@b.example"]}]}),
        json.dumps({"version": 1, "bindings": [{"key": "ctrl+a", "command": "agent"}]}),
        json.dumps({"version": 1, "bindings": {}, "iam": 1}),
    ],
)
def test_other_bindings_are_no_policy(text: str) -> None:
    assert not deployment_of({"policy.json": text}).grants


@pytest.mark.parametrize(
    ("address", "others"),
    [
        ("service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com", True),
        ("123456789012@cloudservices.gserviceaccount.com", True),
        ("service-123456789012@gcp-sa-aiplatform-re.iam.gserviceaccount.com", False),
        ("123456789012@cloudbuild.gserviceaccount.com", False),
        (ADDRESS, False),
    ],
)
def test_services_of_google_act_with_what_google_gives_them(address: str, *, others: bool) -> None:
    role = "roles/iam.serviceAccountTokenCreator"
    (grant,) = deployment_of({"policy.json": policy(role, f"serviceAccount:{address}")}).grants

    assert grant.held_by_others is others
