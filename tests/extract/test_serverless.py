"""Projects of the Serverless Framework: the template that they become, and its places."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.facts.credentials import CredentialForm

HEAD = "service: a\nprovider:\n  name: aws\n"


def project(text: str, **files: str) -> Deployment:
    others = {f"{name}.yml": content for name, content in files.items()}
    return deployment_of({"serverless.yml": HEAD + text, **others})


def test_functions_act_as_the_role_they_are_given() -> None:
    deployment = project(
        """\
  iam:
    role:
      statements: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*"}]
functions:
  shared: {handler: a.b}
  own:
    handler: a.c
    iamRoleStatements: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "*"}]
  elsewhere: {handler: a.d, role: "arn:aws:iam::111122223333:role/agent"}
"""
    )

    names = {identity.id: identity.name for identity in deployment.identities}
    runs = {runtime.id: runtime.name for runtime in deployment.runtimes}
    acts = {
        runs[edge.src]: names.get(edge.dst)
        for edge in deployment.edges
        if edge.kind == "authenticates_as" and edge.src in runs
    }
    assert acts["shared"] == "IamRoleLambdaExecution"
    assert acts["own"] == "OwnIamRole"
    assert acts["elsewhere"] == "agent"  # no file says more of that role than its name
    assert sorted(grant.actions for grant in deployment.grants) == [
        ("s3:getobject",),
        ("sqs:sendmessage",),
    ]


@pytest.mark.parametrize("own", ["", "role:", "iamRoleStatements:", "role: null"])
def test_a_role_without_a_value_is_none(own: str) -> None:
    """The function acts as the role of all functions then."""
    deployment = project(
        f"""\
  iam:
    role:
      statements: [{{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*"}}]
      managedPolicies:
functions:
  shared:
    handler: a.b
    {own}
"""
    )
    (identity,) = deployment.identities

    assert identity.name == "IamRoleLambdaExecution"
    assert identity.id in {edge.dst for edge in deployment.edges if edge.kind == "authenticates_as"}


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("${env:OPENAI_API_KEY}", CredentialForm.ENV_REF),
        ("${ssm:/agent/openai}", CredentialForm.SECRET_REF),
        ("${self:custom.key}", CredentialForm.SECRET_REF),
        ("${self:custom.literal}", CredentialForm.LITERAL),
        ("${env:KEY, 'sk-opens-no-door-5091827364'}", CredentialForm.LITERAL),
    ],
)
def test_variables_are_what_they_stand_for(value: str, form: CredentialForm) -> None:
    deployment = project(
        f"""\
  environment: {{OPENAI_API_KEY: "{value}"}}
functions:
  agent: {{handler: a.b}}
custom:
  key: ${{ssm:/agent/openai}}
  literal: sk-opens-no-door-0987654321
"""
    )

    forms = {one.form for one in deployment.credentials if one.holder != "repository"}
    assert forms == {form}


def test_another_file_keeps_its_places() -> None:
    deployment = project(
        "  iam: {role: {statements: '${file(./iam.yml):all}'}}\nfunctions: {a: {handler: a.b}}\n",
        iam="# who may what: iam\nall:\n  - {Effect: Allow, Action: 's3:*', Resource: '*'}\n",
    )

    (grant,) = deployment.grants
    assert str(grant.evidence[0]).startswith("iam.yml:3:")


@pytest.mark.parametrize(
    "text",
    [
        "custom: {a: '${self:custom.a}'}\n",
        "custom: {a: {x: '${self:custom}', y: '${self:custom}'}}\n",
        "custom: '${file(serverless.yml):custom}'\n",
        "custom: '${file(../../etc/passwd)}'\n",
        "functions: '${file(missing.yml)}'\n",
        "functions: [a, {b: 1}]\nresources: [a]\n",
        "resources: {Resources: {A: {Type: 'AWS::IAM::Role'}}}\n",
    ],
)
def test_variables_that_lead_nowhere_or_in_circles_end(text: str) -> None:
    deployment = project(text)

    assert deployment.coverage[0].status is FileStatus.READ


FIVE = ", ".join(f"{name}: '${{self:custom}}'" for name in "abcde")


@pytest.mark.parametrize(
    "text",
    [
        f"custom: {{{FIVE}}}\n",
        "custom: {a: '${self:custom.b}, ${self:custom.b}', b: '${self:custom.a}${self:custom.a}'}",
    ],
    ids=["five names at each level", "texts of two"],
)
def test_variables_that_stand_for_too_much_are_named(text: str) -> None:
    """What was not followed never passes for what was."""
    (coverage,) = project(text).coverage

    assert coverage.status is FileStatus.PARTIAL
    assert "variables that stand for more than 50,000 values" in coverage.reason


def test_what_the_deployment_alone_knows_is_open() -> None:
    deployment = project(
        "  iam: {role: {statements: '${file(missing.yml):all}'}}\nfunctions: {a: {handler: a.b}}\n"
    )

    assert [end.evidence.file for end in deployment.unresolved] == ["serverless.yml"]


def test_functions_of_other_clouds_are_named_as_not_read() -> None:
    text = "service: a\nprovider: {name: azure}\nfunctions: {agent: {handler: a.b}}\n"
    (coverage,) = deployment_of({"serverless.yml": text}).coverage

    assert coverage.status is FileStatus.PARTIAL
    assert "outside of AWS" in coverage.reason


def test_variables_that_grow_without_end_stay_as_they_are_written() -> None:
    """Ten thousand times a thousand characters would otherwise be put into one text."""
    written = "${self:custom.long}" * 10_000
    deployment = project(
        f"custom: {{long: {'x' * 1_000}}}\n"
        f"functions:\n  f: {{handler: a.b, environment: {{CRM_API_KEY: 'a{written}'}}}}\n"
    )

    assert [fact.name for fact in deployment.runtimes] == ["f"]
