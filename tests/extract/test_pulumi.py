"""Programs of Pulumi in YAML, read as what they are made of: resources of Terraform's provider."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind, FileStatus
from agentaudit.model.facts.credentials import CredentialForm

PROGRAM = """\
name: agents
runtime: yaml
config:
  openaiKey: {type: string, secret: true}
resources:
  agentRole:
    type: aws:iam/role:Role
    properties:
      name: desk
      maxSessionDuration: 43200
      assumeRolePolicy:
        fn::toJSON:
          Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}
  rights:
    type: aws:iam:RolePolicy
    properties:
      role: ${agentRole.id}
      policy:
        fn::toJSON: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}
  agent:
    type: aws:lambda:Function
    properties:
      name: desk-agent
      role: ${agentRole.arn}
      environment:
        variables:
          OPENAI_API_KEY: ${openaiKey}
          DB_PASSWORD: opens-no-door-db-83
  user: {type: "aws:iam:User", properties: {name: ops}}
  key: {type: "aws:iam:AccessKey", properties: {user: "${user.name}"}}
  %s
"""


def test_a_role_and_what_runs_as_it_are_joined() -> None:
    found = deployment_of({"Pulumi.yaml": PROGRAM % ""})
    (runtime,) = found.runtimes
    role = next(each for each in found.identities if each.name == "desk")

    assert role.max_session_s == 43200
    assert role.trust_principals == ("lambda.amazonaws.com",)
    assert [(each.principal, each.admin, each.agent_reachable) for each in found.grants] == [
        ("desk", True, True)
    ]
    assert (runtime.id, role.id) in {
        (edge.src, edge.dst) for edge in found.edges if edge.kind is EdgeKind.AUTHENTICATES_AS
    }


def test_what_a_function_is_given_is_told_from_references() -> None:
    found = deployment_of({"Pulumi.yaml": PROGRAM % ""})
    forms = {each.variable: each.form for each in found.credentials if each.exposure == "env"}

    assert forms["DB_PASSWORD"] is CredentialForm.LITERAL
    assert forms["OPENAI_API_KEY"] is not CredentialForm.LITERAL
    assert "opens-no-door" not in repr(found)


def test_a_key_of_a_user_lands_in_the_state() -> None:
    found = deployment_of({"Pulumi.yaml": PROGRAM % ""})

    assert [each.kind for each in found.credentials if each.exposure == "state"] == ["access_key"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("", FileStatus.READ),
        ("word: {type: 'random:RandomPassword', properties: {length: 20}}", FileStatus.READ),
        ("account: {type: 'gcp:serviceaccount:Account'}", FileStatus.PARTIAL),
    ],
)
def test_resources_of_other_providers_are_named_as_not_read(more: str, status: FileStatus) -> None:
    (coverage,) = deployment_of({"Pulumi.yaml": PROGRAM % more}).coverage

    assert coverage.status is status


def test_what_a_function_gives_is_unknown() -> None:
    more = (
        "open: {type: 'aws:iam:Policy', properties: "
        "{policy: {'fn::invoke': {function: 'aws:iam:getPolicyDocument'}}}}"
    )
    found = deployment_of({"Pulumi.yaml": PROGRAM % more})

    assert "the policy of open.policy" in {end.what for end in found.unresolved}


@pytest.mark.parametrize("runtime", ["nodejs", "{name: python, options: {virtualenv: venv}}"])
def test_a_program_in_another_language_is_named_as_not_read(runtime: str) -> None:
    text = f"name: agents\nruntime: {runtime}\n"
    (coverage,) = deployment_of({"infra/Pulumi.yaml": text}).coverage

    assert (coverage.status, coverage.line) == (FileStatus.PARTIAL, 2)


def test_a_program_in_yaml_without_resources_is_read() -> None:
    (coverage,) = deployment_of({"Pulumi.yaml": "name: agents\nruntime: yaml\n"}).coverage

    assert coverage.status is FileStatus.READ
