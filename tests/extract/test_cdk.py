"""Permissions that the CDK declares: what is written out is read, and the rest is open."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.facts.permissions import Grant

SCRIPT = "import * as iam from 'aws-cdk-lib/aws-iam';\n"
OTHER = "import { aws_iam as iam } from 'aws-cdk-lib';\n"
PYTHON = "from aws_cdk import aws_iam as iam\n"


def declared(code: str, file: str = "lib/stack.ts") -> Deployment:
    return deployment_of({file: code})


def only_grant(code: str, file: str = "lib/stack.ts") -> Grant:
    (grant,) = declared(code, file).grants
    return grant


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (
            "lib/stack.ts",
            SCRIPT + "new iam.PolicyStatement({ actions: ['bedrock:*'], resources: ['*'] });\n",
        ),
        (
            "lib/stack.ts",
            OTHER + "new iam.PolicyStatement({ actions: ['bedrock:*'], resources: ['*'] });\n",
        ),
        (
            "lib/stack.ts",
            (
                "import { PolicyStatement } from 'aws-cdk-lib/aws-iam';\nconst all = ['*'];\n"
                "new PolicyStatement({ actions: ['bedrock:*'], resources: all });\n"
            ),
        ),
        ("stack.py", PYTHON + "iam.PolicyStatement(actions=['bedrock:*'], resources=['*'])\n"),
    ],
)
def test_a_statement_gives_what_it_says(file: str, code: str) -> None:
    found = declared(code, file)
    (grant,) = found.grants

    assert grant.service_wildcards == ("bedrock:*",)
    assert grant.effect == "allow"
    assert grant.evidence[0].file == file
    assert {each.status for each in found.coverage} == {FileStatus.PARTIAL}


@pytest.mark.parametrize(
    ("resource", "written"),
    [
        ("`arn:aws:s3:::${name}/*`", "arn:aws:s3:::${name}/*"),
        ("bucket.bucketArn", "arn:aws:s3:::${bucket}"),
        ("`${props.store.bucketArn}/*`", "arn:aws:s3:::${props.store}/*"),
        ("bucket.bucketArn + '/*'", "arn:aws:s3:::${bucket}/*"),
        ("props.table?.tableArn || ''", "arn:aws:dynamodb:::${props.table}"),
    ],
)
def test_a_resource_is_read_as_far_as_it_is_written(resource: str, written: str) -> None:
    code = f"{SCRIPT}new iam.PolicyStatement({{ actions: ['s3:*'], resources: [{resource}] }});\n"
    found = declared(code)

    assert found.grants[0].resources == (written,)
    assert not found.unresolved


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("actions: given, resources: ['*']", "the actions of a statement in own"),
        ("actions: ['s3:GetObject', more], resources: ['*']", "the actions of a statement in own"),
        ("actions: ['s3:GetObject'], resources: given", "a resource of a statement in own"),
        ("...given", "a statement in own"),
        (
            "actions: ['s3:GetObject'], resources: ['*'], conditions: given",
            "the conditions of a statement in own",
        ),
    ],
)
def test_what_is_not_written_is_open(said: str, told: str) -> None:
    found = declared(f"{SCRIPT}const own = new iam.PolicyStatement({{ {said} }});\n")

    assert told in {end.what for end in found.unresolved}


def test_what_is_forbidden_or_for_others_gives_nothing() -> None:
    denies = "effect: iam.Effect.DENY, actions: ['*'], resources: ['*']"
    trusts = "actions: ['sts:AssumeRole'], principals: [new iam.AnyPrincipal()]"
    both = "".join(f"new iam.PolicyStatement({{ {said} }});\n" for said in (denies, trusts))
    found = declared(SCRIPT + both)

    assert [grant.effect for grant in found.grants] == ["deny"]


def test_conditions_narrow() -> None:
    grant = only_grant(
        f"{SCRIPT}new iam.PolicyStatement({{ actions: ['s3:*'], resources: ['*'], conditions: "
        "{ StringEquals: { 'aws:PrincipalTag/team': team } } });\n"
    )

    assert grant.conditions == ("aws:principaltag/team",)


@pytest.mark.parametrize(
    ("operator", "scoped"), [("StringEquals", True), ("StringNotEquals", False)]
)
def test_a_condition_that_leaves_all_others_narrows_nothing(operator: str, *, scoped: bool) -> None:
    grant = only_grant(
        f"{SCRIPT}new iam.PolicyStatement({{ actions: ['ec2:StopInstances'], resources: ['*'], "
        f"conditions: {{ {operator}: {{ 'aws:ResourceTag/team': 'desk' }} }} }});\n"
    )

    assert bool(grant.unscoped_writes) is not scoped


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (
            "lib/stack.ts",
            SCRIPT + "iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess');\n",
        ),
        (
            "stack.py",
            PYTHON + "iam.ManagedPolicy.from_aws_managed_policy_name('AdministratorAccess')\n",
        ),
    ],
)
def test_a_policy_of_aws_is_known_by_its_name(file: str, code: str) -> None:
    assert only_grant(code, file).admin


def test_a_policy_of_aws_without_a_name_is_open() -> None:
    found = declared(f"{SCRIPT}const own = iam.ManagedPolicy.fromAwsManagedPolicyName(given);\n")

    assert not found.grants
    assert {end.what for end in found.unresolved} == {"a policy of AWS in own"}


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("test/stack.test.ts", SCRIPT + "new iam.PolicyStatement({ actions: ['*'] });\n"),
        (
            "lib/stack.ts",
            "import { PolicyStatement } from './own';\nnew PolicyStatement({ actions: ['*'] });\n",
        ),
        ("lib/stack.ts", "import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';\n"),
    ],
)
def test_tests_and_strangers_give_nothing(file: str, code: str) -> None:
    assert not declared(code, file).grants


def test_one_long_list_ends() -> None:
    actions = ", ".join(f"'s3:Get{at}'" for at in range(600))
    found = declared(
        f"{SCRIPT}new iam.PolicyStatement({{ actions: [{actions}], resources: ['*'] }});\n"
    )

    assert any("beyond 500" in end.what for end in found.unresolved)


PULUMI = "import * as aws from '@pulumi/aws';\n"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (
            "sst.config.ts",
            (
                "new sst.aws.Function('Agent', { handler: 'a.b', permissions: "
                "[{ actions: ['bedrock:*'], resources: ['*'] }] });\n"
            ),
        ),
        (
            "index.ts",
            (
                f"{PULUMI}new aws.iam.RolePolicy('p', {{ role, policy: JSON.stringify({{ V: 'x', "
                "Statement: [{ Effect: 'Allow', Action: 'bedrock:*', Resource: '*' }] }) });\n"
            ),
        ),
        (
            "__main__.py",
            (
                "import json\nimport pulumi_aws as aws\naws.iam.RolePolicy('p', policy=json.dumps("
                "{'Statement': [{'Effect': 'Allow', 'Action': ['bedrock:*'], 'Resource': '*'}]}))\n"
            ),
        ),
    ],
)
def test_a_statement_may_stand_in_an_object(file: str, code: str) -> None:
    found = declared(code, file)
    (grant,) = found.grants

    assert grant.service_wildcards == ("bedrock:*",)
    assert {each.status for each in found.coverage} == {FileStatus.PARTIAL}


@pytest.mark.parametrize(
    "statement",
    [
        "{ Effect: 'Deny', Action: '*', Resource: '*' }",
        "{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'a' } }",
    ],
)
def test_an_object_that_forbids_or_trusts_allows_nothing(statement: str) -> None:
    found = declared(
        f"{PULUMI}const p = {{ Statement: [{statement}] }};\nnew aws.iam.RolePolicy(p);"
    )

    assert not [grant for grant in found.grants if grant.effect == "allow"]


def test_a_text_of_an_agent_with_a_statement_is_no_policy() -> None:
    code = (
        "import { tool } from 'ai';\nconst a = { Statement: [{ Effect: 'Allow', Action: '*' }] };\n"
    )

    assert not declared(code).grants


def test_more_statements_than_are_read_are_told() -> None:
    found = declared(
        SCRIPT
        + "".join(
            f"new iam.PolicyStatement({{ actions: ['s3:Get{at}'], resources: ['*'] }});\n"
            for at in range(501)
        )
    )

    assert "the statements beyond 500 of a file" in {end.what for end in found.unresolved}
