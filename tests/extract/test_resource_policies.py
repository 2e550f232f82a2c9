"""Policies that stand at a resource, and let everybody in."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.finding import Severity
from tests.linting.severities import found

ARN = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/desk"
INVOKE = "bedrock-agentcore:InvokeAgentRuntime"
READ = "secretsmanager:GetSecretValue"


def policy(action: object, principal: object = "*", condition: object = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    if condition is not None:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def terraform(type_: str, text: str) -> dict[str, str]:
    return {"main.tf": f'resource "{type_}" "desk" {{\n  policy = jsonencode({text})\n}}\n'}


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        (
            terraform("aws_bedrockagentcore_resource_policy", policy(INVOKE, {"AWS": "*"})),
            Severity.CRITICAL,
        ),
        (terraform("aws_secretsmanager_secret_policy", policy(READ)), Severity.HIGH),
        (
            {
                "template.json": json.dumps(
                    {
                        "Resources": {
                            "Open": {
                                "Type": "AWS::BedrockAgentCore::ResourcePolicy",
                                "Properties": {"ResourceArn": ARN, "Policy": policy(INVOKE)},
                            }
                        }
                    }
                )
            },
            Severity.CRITICAL,
        ),
        (
            {
                "template.json": json.dumps(
                    {
                        "Resources": {
                            "Open": {
                                "Type": "AWS::SecretsManager::ResourcePolicy",
                                "Properties": {"ResourcePolicy": json.loads(policy(READ))},
                            }
                        }
                    }
                )
            },
            Severity.HIGH,
        ),
    ],
)
def test_a_policy_of_a_resource_may_let_everybody_in(
    files: dict[str, str], severity: Severity
) -> None:
    assert found(files)["grant-to-everybody"] is severity


@pytest.mark.parametrize(
    ("action", "severity"),
    [
        ("secretsmanager:BatchGetSecretValue", Severity.HIGH),
        ("secretsmanager:Describe*", Severity.HIGH),
        ("secretsmanager:*", Severity.CRITICAL),
        ("bedrock-agentcore:InvokeGateway", Severity.CRITICAL),
    ],
)
def test_what_everybody_may_change_is_told_by_the_actions_of_aws(
    action: str, severity: Severity
) -> None:
    """Patterns stand for all they match, and a verb alone says little."""
    files = terraform("aws_secretsmanager_secret_policy", policy(action))

    assert found(files)["grant-to-everybody"] is severity


@pytest.mark.parametrize(
    "text",
    [
        policy(INVOKE, {"AWS": "arn:aws:iam::111122223333:root"}),
        policy(INVOKE, "*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        policy(INVOKE).replace("Allow", "Deny"),
    ],
)
def test_a_policy_that_names_somebody_or_asks_more_does_not(text: str) -> None:
    files = terraform("aws_bedrockagentcore_resource_policy", text)

    assert "grant-to-everybody" not in found(files)


ELSEWHERE = {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:desk"}}
TLS = {"Bool": {"aws:SecureTransport": "true"}}
BUCKET = 'resource "aws_s3_bucket" "docs" {\n  bucket = "%s"\n}\n'
BLOCK = """
resource "aws_s3_bucket_public_access_block" "docs" {
  bucket                  = aws_s3_bucket.docs.id
  block_public_policy     = %s
  restrict_public_buckets = %s
}
"""


def bucket_policy(text: str, name: str = "desk-docs", more: str = "") -> dict[str, str]:
    policy = f"  bucket = aws_s3_bucket.docs.id\n  policy = jsonencode({text})\n"
    return {
        "main.tf": BUCKET % name + f'resource "aws_s3_bucket_policy" "p" {{\n{policy}}}\n' + more
    }


@pytest.mark.parametrize(
    ("type_", "action", "severity"),
    [
        ("aws_sqs_queue_policy", "sqs:SendMessage", Severity.CRITICAL),
        ("aws_sqs_queue", "sqs:ReceiveMessage", Severity.HIGH),
        ("aws_sns_topic_policy", "sns:Publish", Severity.CRITICAL),
        ("aws_kms_key", "kms:*", Severity.CRITICAL),
        ("aws_ecr_repository_policy", "ecr:PutImage", Severity.CRITICAL),
        ("aws_secretsmanager_secret", READ, Severity.HIGH),
    ],
)
def test_so_do_policies_of_queues_topics_keys_images_and_secrets(
    type_: str, action: str, severity: Severity
) -> None:
    assert found(terraform(type_, policy(action)))["grant-to-everybody"] is severity


def test_a_condition_that_asks_nothing_of_callers_lets_all_of_them_in() -> None:
    asked = {"StringEquals": {"aws:SourceAccount": "*"}}

    assert "grant-to-everybody" in found(bucket_policy(policy("s3:PutObject", "*", TLS)))
    assert "grant-to-everybody" in found(bucket_policy(policy("s3:PutObject", "*", asked)))
    assert "grant-to-everybody" not in found(bucket_policy(policy("s3:PutObject", "*", ELSEWHERE)))


def test_all_but_somebody_are_everybody() -> None:
    text = policy("s3:PutObject").replace('"Principal": "*"', '"NotPrincipal": {"AWS": "111"}')

    assert found(bucket_policy(text))["grant-to-everybody"] is Severity.CRITICAL


def test_where_a_denial_keeps_others_out_everybody_is_whoever_is_left() -> None:
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    }
    listed = json.loads(policy("s3:PutObject"))
    listed["Statement"].append(denied)

    assert "grant-to-everybody" not in found(bucket_policy(json.dumps(listed)))


SEND = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
OTHERS = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}


@pytest.mark.parametrize(
    ("denied", "condition", "told"),
    [
        ("sqs:*", OTHERS, False),
        ("sqs:*", {"Null": {"aws:PrincipalOrgID": "true"}}, False),
        ("sqs:*", {}, False),
        ("sqs:DeleteMessage", OTHERS, True),
        ("sqs:*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
    ],
)
def test_a_denial_keeps_out_whom_it_means_from_what_it_names(
    denied: str, condition: object, told: object
) -> None:
    denial = {**SEND, "Effect": "Deny", "Action": denied, "Condition": condition}
    given = {**SEND, "Action": ["sqs:SendMessage", "sqs:AddedThisWeek"]}
    text = json.dumps({"Statement": [given, denial]})

    assert ("grant-to-everybody" in found(terraform("aws_sqs_queue_policy", text))) is told


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}, True),
        ({"StringLike": {"aws:PrincipalArn": ["*", "arn:aws:iam::111122223333:role/*"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
    ],
)
def test_a_condition_that_anybody_meets_keeps_out_nobody(condition: object, told: object) -> None:
    files = terraform("aws_sqs_queue_policy", policy("sqs:SendMessage", condition=condition))

    assert ("grant-to-everybody" in found(files)) is told


def test_all_but_one_action_on_a_site_is_more_than_to_read_it() -> None:
    text = policy("s3:DeleteBucket").replace('"Action"', '"NotAction"')

    assert "grant-to-everybody" in found(bucket_policy(text, "desk-static-assets"))


def test_what_everybody_reads_is_bad_and_what_they_write_is_worse() -> None:
    read, written = policy("s3:GetObject"), policy(["s3:GetObject", "s3:PutObject"])

    assert found(bucket_policy(read))["grant-to-everybody"] is Severity.MEDIUM
    assert found(bucket_policy(written))["grant-to-everybody"] is Severity.CRITICAL


def test_a_bucket_for_a_site_is_there_to_be_read_and_not_to_be_written() -> None:
    site = """
resource "aws_s3_bucket_website_configuration" "docs" {
  bucket = aws_s3_bucket.docs.id
  index_document { suffix = "index.html" }
}
"""
    read, written = policy("s3:GetObject"), policy("s3:PutObject")

    assert "grant-to-everybody" not in found(bucket_policy(read, more=site))
    assert "grant-to-everybody" not in found(bucket_policy(read, "desk-static-assets"))
    assert "grant-to-everybody" in found(bucket_policy(written, "desk-static-assets"))


@pytest.mark.parametrize(
    ("switches", "told"),
    [(("true", "false"), False), (("false", "true"), False), (("false", "false"), True)],
)
def test_a_bucket_whose_block_is_on_is_open_to_nobody(
    switches: tuple[str, str], told: object
) -> None:
    files = bucket_policy(policy("s3:PutObject"), more=BLOCK % switches)

    assert ("grant-to-everybody" in found(files)) is told


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ('  acl = "public-read-write"\n', Severity.CRITICAL),
        ('  acl = "public-read"\n', Severity.MEDIUM),
        ('  acl = "private"\n', None),
    ],
)
def test_lists_of_access_open_buckets_too(text: str, severity: Severity | None) -> None:
    acl = f'resource "aws_s3_bucket_acl" "a" {{\n  bucket = aws_s3_bucket.docs.id\n{text}}}\n'
    files = {"main.tf": BUCKET % "desk-docs" + acl}

    assert found(files).get("grant-to-everybody") is severity


@pytest.mark.parametrize(
    ("switches", "told"),
    [
        ("block_public_policy = false", True),
        ("restrict_public_buckets = false", True),
        ("block_public_policy = false\n  restrict_public_buckets = var.on", False),
        ("block_public_policy = false\n  restrict_public_buckets = true", False),
    ],
)
def test_a_switch_of_a_block_that_is_left_out_is_off(switches: str, told: object) -> None:
    """Terraform registry, `aws_s3_bucket_public_access_block`: each defaults to false."""
    block = BLOCK.partition("  block_public_policy")[0] + f"  {switches}\n}}\n"

    assert ("unblocked-bucket" in found({"main.tf": BUCKET % "orders" + block})) is told


def test_a_block_that_is_off_counts_more_where_a_knowledge_base_reads() -> None:
    off = BLOCK % ("false", "false")
    source = """
resource "aws_bedrockagent_data_source" "d" {
  data_source_configuration {
    s3_configuration { bucket_arn = aws_s3_bucket.docs.arn }
  }
}
"""

    assert found({"main.tf": BUCKET % "orders" + off})["unblocked-bucket"] is Severity.LOW
    assert found({"main.tf": BUCKET % "desk" + off + source})["unblocked-bucket"] is Severity.MEDIUM
    assert "unblocked-bucket" not in found({"main.tf": BUCKET % "desk-logs" + off})
    assert "unblocked-bucket" not in found({"main.tf": BUCKET % "desk-site" + off})


def template(**resources: object) -> dict[str, str]:
    return {"template.json": json.dumps({"Resources": resources})}


def resource(type_: str, **properties: object) -> dict[str, object]:
    return {"Type": type_, "Properties": properties}


DOCS = resource("AWS::S3::Bucket", BucketName="desk-docs")
SHUT = resource(
    "AWS::S3::Bucket",
    BucketName="desk-docs",
    PublicAccessBlockConfiguration={"BlockPublicPolicy": True, "RestrictPublicBuckets": True},
)


@pytest.mark.parametrize(("bucket", "told"), [(DOCS, True), (SHUT, False)])
def test_templates_open_buckets_and_keep_them_shut(bucket: object, told: object) -> None:
    opened = resource(
        "AWS::S3::BucketPolicy",
        Bucket={"Ref": "Docs"},
        PolicyDocument=json.loads(policy("s3:PutObject")),
    )

    assert ("grant-to-everybody" in found(template(Docs=bucket, Opened=opened))) is told


@pytest.mark.parametrize(
    ("properties", "severity"),
    [
        ({"Principal": "*"}, Severity.CRITICAL),
        ({"Principal": "*", "PrincipalOrgID": "o-1"}, None),
        ({"Principal": "*", "FunctionUrlAuthType": "NONE"}, None),
        ({"Principal": "*", "FunctionUrlAuthType": "AWS_IAM"}, Severity.HIGH),
        ({"Principal": "s3.amazonaws.com"}, Severity.MEDIUM),
        ({"Principal": "s3.amazonaws.com", "SourceAccount": {"Ref": "AWS::AccountId"}}, None),
        ({"Principal": "sns.amazonaws.com", "SourceArn": {"Ref": "Topic"}}, None),
        ({"Principal": "sns.amazonaws.com", "SourceArn": "*"}, Severity.MEDIUM),
        ({"Principal": "111122223333"}, None),
    ],
)
def test_who_may_call_a_function(properties: dict[str, object], severity: Severity | None) -> None:
    called = {"FunctionName": {"Ref": "Refund"}, "Action": "lambda:InvokeFunction"}
    files = template(
        Refund=resource("AWS::Lambda::Function", FunctionName="refund"),
        Calls=resource("AWS::Lambda::Permission", **called, **properties),
    )

    assert found(files).get("grant-to-everybody") is severity


ADDRESS = {"FunctionUrlConfig": {"AuthType": "NONE"}}


def test_a_function_at_an_open_address_is_told_where_it_is_a_tool_of_an_agent() -> None:
    group = {"ActionGroupExecutor": {"Lambda": {"Fn::GetAtt": ["Refund", "Arn"]}}}
    agent = resource("AWS::Bedrock::Agent", AgentName="desk", ActionGroups=[group])
    refund = resource("AWS::Serverless::Function", FunctionName="refund", **ADDRESS)

    assert "grant-to-everybody" not in found(template(Refund=refund))
    assert found(template(Refund=refund, Desk=agent))["grant-to-everybody"] is Severity.HIGH


def test_a_policy_in_a_file_of_its_own_lets_everybody_in_as_well() -> None:
    written, read = policy("s3:PutObject"), policy("s3:GetObject")
    site = read.replace('"Resource": "*"', '"Resource": "arn:aws:s3:::desk-website/*"')

    assert found({"bucket-policy.json": written})["grant-to-everybody"] is Severity.CRITICAL
    assert "grant-to-everybody" not in found({"bucket-policy.json": site})


def permission(*lines: str) -> dict[str, str]:
    body = "\n".join(f"  {line}" for line in ('function_name = "refund"', *lines))
    return {"main.tf": f'resource "aws_lambda_permission" "p" {{\n{body}\n}}\n'}


def test_what_is_said_as_nothing_is_not_said() -> None:
    asked = ('principal = "s3.amazonaws.com"', "source_account = null", 'source_arn = ""')

    assert "grant-to-everybody" in found(permission(*asked))


@pytest.mark.parametrize(
    "principal", ["var.who", 'format("%s.amazonaws.com", try(var.who.service, ""))']
)
def test_who_may_call_is_open_where_no_file_says_it(principal: str) -> None:
    deployment = deployment_of(permission(f"principal = {principal}"))

    assert not deployment.grants
    assert [item.what for item in deployment.unresolved if "may call" in item.what] == [
        "who may call by aws_lambda_permission.p"
    ]


@pytest.mark.parametrize(
    ("type_", "key", "action"),
    [
        ("AWS::SQS::QueueInlinePolicy", "PolicyDocument", "sqs:SendMessage"),
        ("AWS::SNS::TopicPolicy", "PolicyDocument", "sns:Publish"),
        ("AWS::ECR::Repository", "RepositoryPolicyText", "ecr:PutImage"),
        ("AWS::KMS::Key", "KeyPolicy", "kms:*"),
    ],
)
def test_templates_open_what_else_has_a_policy(type_: str, key: str, action: str) -> None:
    files = template(Desk=resource(type_, **{key: json.loads(policy(action))}))

    assert found(files)["grant-to-everybody"] is Severity.CRITICAL


@pytest.mark.parametrize(
    ("principal", "open_"),
    [
        ("var.who", True),
        ("{ AWS = local.who[0] }", True),
        ("{ AWS = [var.who] }", True),
        ('{ AWS = "arn:aws:iam::${var.who}:root" }', False),
        ("{ AWS = aws_iam_role.desk.arn }", False),
    ],
)
def test_a_policy_for_whom_no_file_tells_may_be_for_everybody(
    principal: str, open_: object
) -> None:
    text = f"""{{Statement = [{{
        Effect = "Allow", Principal = {principal}, Action = "sqs:*", Resource = "*"
    }}]}}"""
    unresolved = deployment_of(terraform("aws_sqs_queue_policy", text)).unresolved

    assert any("whom" in each.what for each in unresolved) is open_


def test_a_list_of_access_that_no_file_tells_may_let_in_anybody() -> None:
    acl = 'resource "aws_s3_bucket_acl" "a" {\n  bucket = aws_s3_bucket.docs.id\n  acl = var.a\n}\n'
    files = {"main.tf": BUCKET % "desk-docs" + acl}

    assert any("list of access" in each.what for each in deployment_of(files).unresolved)


SENDING = "sqs:SendMessage"


def queue_template(principal: object, condition: object = None) -> dict[str, str]:
    """A queue of CloudFormation, whose policy may rest on a parameter or a condition."""
    allowed = json.loads(policy(SENDING, principal, condition))
    queue = {"Queues": ["desk"], "PolicyDocument": allowed}
    body = {
        "Parameters": {"Open": {"Type": "String"}, "Who": {"Type": "String", "Default": "*"}},
        "Conditions": {"IsOpen": {"Fn::Equals": [{"Ref": "Open"}, "yes"]}},
        "Resources": {"Desk": {"Type": "AWS::SQS::QueuePolicy", "Properties": queue}},
    }
    return {"template.json": json.dumps(body)}


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        ["*"],
        {"AWS": "*"},
        {"AWS": ["*"]},
        {"AWS": ["arn:aws:iam::111122223333:root", "*"]},
        {"AWS": {"Ref": "Who"}},
        {"AWS": {"Fn::Sub": "*"}},
        {"AWS": {"Fn::Join": ["", ["*"]]}},
    ],
)
def test_everybody_is_named_in_several_ways(principal: object) -> None:
    assert found(queue_template(principal))["grant-to-everybody"] is Severity.CRITICAL


_EITHER = {"Fn::If": ["IsOpen", "*", "arn:aws:iam::111122223333:root"]}


@pytest.mark.parametrize(
    "files",
    [
        queue_template({"Ref": "Open"}),
        queue_template(_EITHER),
        queue_template({"AWS": _EITHER}),
        queue_template({"AWS": ["arn:aws:iam::111122223333:root", _EITHER]}),
        queue_template({"AWS": {"Fn::Split": [",", {"Ref": "Open"}]}}),
        *(
            terraform(
                "aws_sqs_queue_policy",
                policy(SENDING).replace('"Principal": "*"', f'"Principal": {who}'),
            )
            for who in ('var.open ? "*" : var.role', 'coalesce(var.who, "*")', "var.who")
        ),
    ],
)
def test_whoever_may_be_everybody_is_left_open(files: dict[str, str]) -> None:
    """Nothing is found, and it is no pass."""
    (end,) = (each for each in deployment_of(files).unresolved if each.what.startswith("whom "))

    assert end.effect == "it may be anybody"
    assert "grant-to-everybody" not in found(files)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}, False),
        ({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"Null": {"aws:PrincipalOrgID": "false"}}, True),
        ({"StringLike": {"aws:Referer": "https://desk.example/*"}}, True),
        ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/desk"}}, False),
        (TLS, True),
        ({**TLS, **ELSEWHERE}, False),
    ],
)
def test_a_condition_narrows_where_strangers_cannot_meet_it(
    condition: object, *, told: bool
) -> None:
    assert ("grant-to-everybody" in found(queue_template("*", condition))) is told


BUS, LAYER = "aws_cloudwatch_event_permission", "aws_lambda_layer_version_permission"


def shared(type_: str, *lines: str) -> dict[str, str]:
    body = "\n".join(f"  {line}" for line in lines)
    return {"main.tf": f'resource "{type_}" "p" {{\n{body}\n}}\n'}


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        (shared(BUS, 'principal = "*"', 'event_bus_name = "desk"'), Severity.CRITICAL),
        (shared(LAYER, 'principal = "*"', 'action = "lambda:GetLayerVersion"'), Severity.MEDIUM),
        (
            terraform("aws_cloudwatch_event_bus_policy", policy("events:PutEvents")),
            Severity.CRITICAL,
        ),
        (
            template(P=resource("AWS::Events::EventBusPolicy", Principal="*", StatementId="a")),
            Severity.CRITICAL,
        ),
        (
            template(
                P=resource(
                    "AWS::Events::EventBusPolicy",
                    StatementId="a",
                    Statement=json.loads(policy("events:PutEvents"))["Statement"][0],
                )
            ),
            Severity.CRITICAL,
        ),
        (
            template(
                P=resource(
                    "AWS::Lambda::LayerVersionPermission",
                    Principal="*",
                    Action="lambda:GetLayerVersion",
                )
            ),
            Severity.MEDIUM,
        ),
    ],
)
def test_a_bus_or_a_layer_may_be_for_everybody(files: dict[str, str], severity: Severity) -> None:
    assert found(files)["grant-to-everybody"] is severity


_OF_US = 'condition {\n key = "aws:PrincipalOrgID"\n type = "StringEquals"\n value = var.us\n}'


@pytest.mark.parametrize(
    "files",
    [
        shared(BUS, 'principal = "111122223333"'),
        shared(BUS, 'principal = "*"', _OF_US),
        shared(LAYER, 'principal = "*"', "organization_id = var.us"),
        shared(LAYER, "principal = data.aws_caller_identity.current.account_id"),
        template(
            P=resource(
                "AWS::Events::EventBusPolicy",
                Principal="*",
                StatementId="a",
                Condition={"Key": "aws:PrincipalOrgID", "Type": "StringEquals", "Value": "o-1"},
            )
        ),
        template(
            P=resource("AWS::Lambda::LayerVersionPermission", Principal="*", OrganizationId="o-1")
        ),
    ],
)
def test_a_bus_or_a_layer_for_some_is_not_for_everybody(files: dict[str, str]) -> None:
    assert "grant-to-everybody" not in found(files)


@pytest.mark.parametrize("type_", [BUS, LAYER])
def test_for_whom_a_bus_or_a_layer_is_may_be_open(type_: str) -> None:
    (end,) = deployment_of(shared(type_, "principal = var.who")).unresolved

    assert (end.what, end.effect) == (f"who may use what {type_}.p shares", "it may be anybody")
