"""How long what users said is kept in logs, and how confidential memories are said to be."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore


def kept(files: dict[str, str]) -> list[Known]:
    return [log.retention for log in deployment_of(files).audit_logs]


@pytest.mark.parametrize(
    ("service", "retention"),
    [
        ("", Known.NONE),
        ('environment: {PHOENIX_DEFAULT_RETENTION_POLICY_DAYS: "0"}', Known.NONE),
        ("environment: {PHOENIX_DEFAULT_RETENTION_POLICY_DAYS: 30}", Known.SET),
        ('environment: ["PHOENIX_DEFAULT_RETENTION_POLICY_DAYS=${DAYS}"]', Known.UNKNOWN),
        ("env_file: of-elsewhere.env", Known.UNKNOWN),
    ],
)
def test_phoenix_keeps_traces_for_ever_unless_told(service: str, retention: Known) -> None:
    text = f"services:\n  traces:\n    image: arizephoenix/phoenix:12\n    {service}\n"

    assert kept({"compose.yaml": text}) == [retention]


def test_of_two_files_that_say_for_how_long_the_later_counts() -> None:
    text = "services: {traces: {image: arizephoenix/phoenix:12, env_file: [a.env, b.env]}}"
    first, second = (f"PHOENIX_DEFAULT_RETENTION_POLICY_DAYS={days}" for days in (30, 0))

    assert kept({"compose.yaml": text, "a.env": first, "b.env": second}) == [Known.NONE]


@pytest.mark.parametrize(
    ("image", "days"),
    [
        ("arizephoenix/phoenix:12", "PHOENIX_DEFAULT_RETENTION_POLICY_DAYS"),
        ("langfuse/langfuse:3", "LANGFUSE_INIT_PROJECT_RETENTION"),
    ],
)
def test_a_number_of_days_beyond_reason_is_not_known(image: str, days: str) -> None:
    environment = {"LANGFUSE_INIT_PROJECT_ID": "a", days: "9" * 5_000}
    text = json.dumps({"services": {"traces": {"image": image, "environment": environment}}})

    assert kept({"compose.yaml": text}) == [Known.UNKNOWN]


FUNCTION = """
resource "aws_lambda_function" "agent" {{
  function_name = "agent"
  environment {{ variables = {{ LOG_PROMPTS = "true" }} }}
  {more}
}}
resource "aws_cloudwatch_log_group" "a" {{
  name = "{name}"
  {days}
}}
"""


@pytest.mark.parametrize(
    ("more", "name", "days", "retention"),
    [
        ("", "/aws/lambda/agent", "", Known.NONE),
        ("", "/aws/lambda/agent", "retention_in_days = 0", Known.NONE),
        ("", "/aws/lambda/agent", "retention_in_days = 14", Known.SET),
        ("", "/aws/lambda/agent", "retention_in_days = var.days", Known.UNKNOWN),
        ("", "/aws/lambda/other", "", Known.UNKNOWN),
        ('logging_config { log_group = "/agents" }', "/agents", "", Known.NONE),
        (
            "logging_config { log_group = aws_cloudwatch_log_group.a.name }",
            "/agents",
            "retention_in_days = 14",
            Known.SET,
        ),
    ],
)
def test_a_function_prints_into_its_log_group(
    more: str, name: str, days: str, retention: Known
) -> None:
    assert kept({"main.tf": FUNCTION.format(more=more, name=name, days=days)}) == [retention]


def memory(attributes: str, more: str = "") -> MemoryStore:
    text = (
        f'resource "aws_bedrockagentcore_memory" "a" {{\n  name = "a"\n  {attributes}\n}}\n{more}'
    )
    (store,) = deployment_of({"main.tf": text}).memory_stores
    return store


@pytest.mark.parametrize(
    ("tags", "sensitive"),
    [
        ('{ DataClassification = "Confidential" }', Truth.YES),
        ('{ "data-classification" = "highly restricted" }', Truth.YES),
        ('{ ContainsPII = "true" }', Truth.YES),
        ('{ contains_pii = "false" }', Truth.UNKNOWN),
        ('{ Classification = "non-confidential" }', Truth.UNKNOWN),
        ('{ Classification = "public" }', Truth.UNKNOWN),
        ('{ Name = "confidential" }', Truth.UNKNOWN),
        ("{ DataClassification = var.class }", Truth.UNKNOWN),
        ("var.tags", Truth.UNKNOWN),
    ],
)
def test_tags_say_how_confidential_a_memory_is(tags: str, sensitive: Truth) -> None:
    assert memory(f"tags = {tags}").sensitive is sensitive


def test_tags_of_the_provider_count_unless_the_resource_says_otherwise() -> None:
    tags = '{ DataClassification = "restricted" }'
    provider = f'provider "aws" {{\n  default_tags {{\n    tags = {tags}\n  }}\n}}\n'

    assert memory("", provider).sensitive is Truth.YES
    assert memory('tags = { data_classification = "public" }', provider).sensitive is Truth.UNKNOWN
    assert [place.line for place in memory("", provider).evidence] == [1, 7]


@pytest.mark.parametrize(
    ("attributes", "own"),
    [
        ("", Known.NONE),
        ("encryption_key_arn = aws_kms_key.a.arn", Known.SET),
        ("encryption_key_arn = var.key", Known.SET),
    ],
)
def test_a_memory_is_encrypted_with_the_key_that_is_named(attributes: str, own: Known) -> None:
    assert memory(attributes).own_key is own


CALLS = """
resource "aws_s3_bucket" "calls" {{
  bucket = "calls"
}}
resource "aws_bedrock_model_invocation_logging_configuration" "calls" {{
  logging_config {{
    s3_config {{ bucket_name = {bucket} }}
    {more}
  }}
}}
{rest}
"""
ENDS = """
resource "aws_s3_bucket_lifecycle_configuration" "calls" {{
  bucket = {bucket}
  rule {{
    id     = "a"
    status = "Enabled"
    {does}
  }}
}}
"""
OWN = "aws_s3_bucket.calls.id"
GROUP = 'cloudwatch_config { log_group_name = "/calls" }'


@pytest.mark.parametrize(
    ("bucket", "more", "rest", "retention"),
    [
        (OWN, "", "", Known.NONE),
        (OWN, "", ENDS.format(bucket=OWN, does="expiration { days = 30 }"), Known.SET),
        (OWN, "", ENDS.format(bucket=OWN, does='filter { prefix = "a" }'), Known.UNKNOWN),
        (OWN, "", ENDS.format(bucket="var.b", does="expiration { days = 30 }"), Known.UNKNOWN),
        ("var.bucket", "", "", Known.UNKNOWN),
        (OWN, GROUP, "", Known.NONE),
        (
            OWN,
            GROUP,
            'resource "aws_cloudwatch_log_group" "a" { name = "/calls" }'
            + ENDS.format(bucket=OWN, does="expiration { days = 30 }"),
            Known.NONE,
        ),
    ],
)
def test_calls_of_models_are_kept_for_as_long_as_their_bucket_keeps_them(
    bucket: str, more: str, rest: str, retention: Known
) -> None:
    assert kept({"main.tf": CALLS.format(bucket=bucket, more=more, rest=rest)}) == [retention]


SERVICE = """
service: a
provider: {{name: aws{days}}}
functions:
  agent: {{handler: a.b, environment: {{LOG_PROMPTS: "true"}}{own}}}
{more}
"""


@pytest.mark.parametrize(
    ("days", "own", "more", "retention"),
    [
        ("", "", "", Known.NONE),
        (", logRetentionInDays: 14", "", "", Known.SET),
        ("", ", logRetentionInDays: 14", "", Known.SET),
        (", logRetentionInDays: '${env:DAYS}'", "", "", Known.UNKNOWN),
        (
            "",
            "",
            "resources: {Resources: {AgentLogGroup: {Type: AWS::Logs::LogGroup}}}",
            Known.UNKNOWN,
        ),
    ],
)
def test_the_serverless_framework_makes_a_group_for_each_function(
    days: str, own: str, more: str, retention: Known
) -> None:
    assert kept({"serverless.yml": SERVICE.format(days=days, own=own, more=more)}) == [retention]


TEMPLATE = """
Resources:
  Agent:
    Type: AWS::Lambda::Function
    Properties:
      Environment: {{Variables: {{LOG_PROMPTS: "true"}}}}
      {own}
  {more}
"""


@pytest.mark.parametrize(
    ("own", "more", "retention"),
    [
        ("", "", Known.NONE),
        ("LoggingConfig: {LogGroup: /elsewhere}", "", Known.UNKNOWN),
        ("", "Other: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /a}}", Known.UNKNOWN),
        ("", "Logs: {Type: Custom::LogRetention, Properties: {}}", Known.UNKNOWN),
    ],
)
def test_lambda_makes_a_group_where_a_template_makes_none(
    own: str, more: str, retention: Known
) -> None:
    assert kept({"template.yaml": TEMPLATE.format(own=own, more=more)}) == [retention]


@pytest.mark.parametrize(
    ("environment", "retention"),
    [
        ({"LANGFUSE_INIT_PROJECT_ID": "a"}, [Known.NONE]),
        ({"LANGFUSE_INIT_PROJECT_ID": "a", "LANGFUSE_INIT_PROJECT_RETENTION": "0"}, [Known.NONE]),
        ({"LANGFUSE_INIT_PROJECT_ID": "a", "LANGFUSE_INIT_PROJECT_RETENTION": "9"}, [Known.SET]),
        (
            {"LANGFUSE_INIT_PROJECT_ID": "a", "LANGFUSE_INIT_PROJECT_RETENTION": "x"},
            [Known.UNKNOWN],
        ),
        ({}, []),
    ],
)
def test_langfuse_keeps_the_project_that_it_is_started_with_for_ever_unless_told(
    environment: dict[str, str], retention: list[Known]
) -> None:
    service = {"image": "docker.io/langfuse/langfuse:3", "environment": environment}
    text = json.dumps({"services": {"traces": service}})

    assert kept({"compose.yaml": text}) == retention


def test_the_worker_of_langfuse_is_no_log_of_its_own() -> None:
    environment = {"LANGFUSE_INIT_PROJECT_ID": "a"}
    service = {"image": "langfuse/langfuse-worker:3", "environment": environment}

    assert not kept({"compose.yaml": json.dumps({"services": {"worker": service}})})


@pytest.mark.parametrize(
    ("code", "retention"),
    [
        ("from langchain_core.callbacks import FileCallbackHandler as F\nF('a')", [Known.NONE]),
        ("from langchain_core.callbacks import FileCallbackHandler as F\nF('a', 'w')", []),
        ("from crewai import Crew\nCrew(output_log_file=True)", [Known.NONE]),
        ("from crewai import Crew\nCrew(output_log_file=None)", []),
        ("from crewai import Crew\nCrew(output_log_file=named)", []),
        ("from crewai import Crew\nCrew()", []),
        ("import autogen\nautogen.runtime_logging.start(config={'dbname': 'a'})", [Known.NONE]),
        ("from mine import FileCallbackHandler as F\nF('a')", []),
    ],
)
def test_files_of_frameworks_have_no_end(code: str, retention: list[Known]) -> None:
    assert kept({"a.py": code}) == retention


@pytest.mark.parametrize(
    ("file", "retention"), [("log.json", [Known.NONE]), (True, [Known.NONE]), (False, []), ("", [])]
)
def test_a_crew_writes_into_the_file_that_its_project_names(
    file: object, retention: list[Known]
) -> None:
    crew = json.dumps({"name": "c", "agents": ["a"], "tasks": [], "output_log_file": file})

    assert kept({"crew.jsonc": crew}) == retention


@pytest.mark.parametrize(
    ("telemetry", "expected"),
    [
        ({"enabled": True, "outfile": "a.log"}, [(Known.NONE, True)]),
        ({"enabled": True, "outfile": "a.log", "logPrompts": False}, [(Known.NONE, False)]),
        ({"enabled": True, "logPrompts": True}, [(Known.UNKNOWN, True)]),
        ({"outfile": "a.log"}, []),
        ({"enabled": True, "outfile": ""}, [(Known.UNKNOWN, True)]),
        ({"enabled": True, "target": "gcp"}, [(Known.UNKNOWN, True)]),
        ({"enabled": True, "logPrompts": False}, [(Known.UNKNOWN, False)]),
        ({"enabled": False, "logPrompts": True}, []),
        ({"logPrompts": True}, [(Known.UNKNOWN, True)]),
    ],
)
def test_gemini_logs_prompts_where_telemetry_is_on_unless_told(
    telemetry: dict[str, object], expected: list[tuple[Known, bool]]
) -> None:
    found = deployment_of({".gemini/settings.json": json.dumps({"telemetry": telemetry})})

    assert [(log.retention, log.content_logged) for log in found.audit_logs] == expected


@pytest.mark.parametrize(("name", "logged"), [("agent", True), ("thumbnails", False)])
def test_what_a_function_is_asked_is_a_prompt_where_it_is_an_agent(
    name: str,
    logged: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    model = "          BEDROCK_MODEL_ID: amazon.nova-pro-v1\n" if logged else ""
    text = (
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n"
        f"      FunctionName: {name}\n      Environment:\n        Variables:\n{model}"
        '          POWERTOOLS_LOGGER_LOG_EVENT: "true"\n'
    )

    assert bool(kept({"template.yaml": text})) is logged


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("from langchain.globals import set_debug\nset_debug(True)\n", ["console"]),
        ("from langchain_core import globals as g\ng.set_verbose(True)\n", ["console"]),
        ("from langchain.globals import set_debug\nset_debug(False)\n", []),
        ("from langchain.globals import set_debug\nset_debug(asked)\n", []),
        ("from acme import set_debug\nset_debug(True)\n", []),
    ],
)
def test_prompts_on_the_console_are_written_down(code: str, kinds: list[str]) -> None:
    logs = deployment_of({"a.py": code}).audit_logs

    assert [log.kind for log in logs] == kinds
    assert all(log.content_logged for log in logs)
