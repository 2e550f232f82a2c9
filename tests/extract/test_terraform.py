"""Terraform to facts: identities and what they may do, agents, runtimes, stores, logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant

TRUST = (
    'jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = %s }] })'
)
LAMBDA = TRUST % '{ Service = "lambda.amazonaws.com" }'
ROLE = (
    f'resource "aws_iam_role" "agent" {{\n  name = "agent"\n  assume_role_policy = {LAMBDA}\n}}\n'
)


SPACED = """jsonencode({
  Statement = {
    "Effect" : "Allow"
    Action : ["s3:*", "sqs:SendMessage"]
    Resource = [ "*" ]
  }
})"""
HEREDOC = """<<EOF
{"Statement": [{"Effect":"Allow", "Action":["s3:*","sqs:SendMessage"] , "Resource" : "*"}]}
EOF"""


def deployed(text: str, **more: str) -> Deployment:
    return deployment_of({"main.tf": text, **{f"{name}.tf": rest for name, rest in more.items()}})


def grant_of(deployment: Deployment, name: str) -> Grant:
    return next(grant for grant in deployment.grants if grant.name == name)


def linked(deployment: Deployment, kind: EdgeKind, src: FactId, dst: FactId) -> bool:
    return any((edge.kind, edge.src, edge.dst) == (kind, src, dst) for edge in deployment.edges)


def test_a_role_says_whom_it_trusts_and_for_how_long() -> None:
    (role,) = deployed(ROLE.replace("\n}", "\n  max_session_duration = 12 * 3600\n}")).identities

    assert (role.name, role.kind, role.trust_principals) == (
        ("agent", "role", ("lambda.amazonaws.com",))
    )
    assert (role.max_session, role.max_session_s) == (Known.SET, 43_200)
    assert role.boundary is Truth.NO
    assert str(role.evidence[0]) == "main.tf:1:1"


@pytest.mark.parametrize(
    "policy",
    [
        'jsonencode({Statement=[{Effect="Allow",Action=["s3:*","sqs:SendMessage"],Resource="*"}]})',
        SPACED,
        HEREDOC,
        "data.aws_iam_policy_document.p.json",
        "local.policy",
        "jsonencode(merge(local.version, { Statement = local.statements }))",
    ],
)
def test_a_policy_is_read_however_it_is_written(policy: str) -> None:
    text = f"""{ROLE}
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.agent.id
  policy = {policy}
}}
data "aws_iam_policy_document" "p" {{
  statement {{
    actions   = ["s3:*", "sqs:SendMessage"]
    resources = ["*"]
  }}
}}
locals {{
  version    = {{ Version = "2012-10-17" }}
  statements = [{{ Effect = "Allow", Action = ["s3:*", "sqs:SendMessage"], Resource = "*" }}]
  policy     = jsonencode({{ Statement = local.statements }})
}}
"""
    (grant,) = deployed(text).grants

    assert grant.principal == "agent"
    assert grant.service_wildcards == ("s3:*",)
    assert grant.expanded_count == 169
    assert "s3:putobject" in grant.unscoped_writes


def test_statements_keep_the_place_where_they_are_written() -> None:
    text = f'{ROLE}resource "aws_iam_role_policy" "p" {{\n  role = aws_iam_role.agent.id\n'
    text += "  policy = jsonencode({ Statement = local.statements })\n}\n"
    shared = (
        'locals {\n  statements = [\n    { Effect = "Allow", Action = "s3:*", Resource = "*" },'
    )
    (grant,) = deployed(text, shared=f"{shared}\n  ]\n}}\n").grants

    assert str(grant.evidence[0]) == "shared.tf:3:5"


def test_attached_policies_belong_to_their_role_and_bounds_take_away() -> None:
    bounded = 'name = "agent"\n  permissions_boundary = aws_iam_policy.most.arn'
    text = f"""{ROLE.replace('name = "agent"', bounded)}
resource "aws_iam_policy" "most" {{
  name   = "most"
  policy = jsonencode({{
    Statement = [{{ Sid = "Most", Effect = "Allow", Action = "s3:Get*", Resource = "*" }}]
  }})
}}
resource "aws_iam_policy" "data" {{
  name   = "data"
  policy = jsonencode({{
    Statement = [{{ Sid = "Data", Effect = "Allow", Action = "s3:*", Resource = "*" }}]
  }})
}}
resource "aws_iam_role_policy_attachment" "data" {{
  role       = aws_iam_role.agent.name
  policy_arn = aws_iam_policy.data.arn
}}
resource "aws_iam_role_policy_attachment" "managed" {{
  for_each   = toset(["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/Unheard"])
  role       = aws_iam_role.agent.name
  policy_arn = each.value
}}
"""
    found = deployed(text)

    assert {grant.name for grant in found.grants} == {"Data", "ReadOnlyAccess", "Unheard"}
    assert grant_of(found, "Data").write_count == 0
    assert grant_of(found, "Data").read_count > 0
    assert [open_.what for open_ in found.unresolved] == ["the managed policy Unheard"]
    assert found.identities[0].boundary is Truth.YES


def test_an_inline_policy_whose_role_no_value_tells_is_still_told() -> None:
    found = deployed("""
variable "role" { type = string }

resource "aws_iam_role_policy" "all_of_iam" {
  role   = var.role
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:*", Resource = "*" }]
  })
}
""")

    (grant,) = found.grants
    assert grant.service_wildcards == ("iam:*",)
    assert "put-role-policy" in grant.escalations
    assert len(found.unresolved) == 1


def test_a_policy_that_nobody_has_is_still_told() -> None:
    text = 'resource "aws_iam_policy" "p" {\n name = "loose"\n policy = '
    text += 'jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })\n}\n'
    (grant,) = deployed(text).grants

    assert (grant.principal, grant.identity_id, grant.admin) == ("loose", "", True)


def test_a_role_and_a_user_of_one_name_are_two() -> None:
    text = f"""{ROLE}
resource "aws_iam_user" "agent" {{ name = "agent" }}
resource "aws_iam_access_key" "agent" {{ user = aws_iam_user.agent.name }}
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.agent.name
  policy = {TRUST.replace("Principal = %s", 'Resource = "*"')}
}}
"""
    found = deployed(text)
    role = next(identity for identity in found.identities if identity.kind == "role")
    user = next(identity for identity in found.identities if identity.kind == "user")
    (key,) = found.credentials

    assert found.grants[0].identity_id == role.id
    assert (key.lifetime, key.form, key.exposure) == (
        (Lifetime.STATIC, CredentialForm.FILE, "state")
    )
    assert linked(found, EdgeKind.AUTHENTICATES_AS, key.id, user.id)


def test_grants_reach_the_resources_they_name_and_no_others() -> None:
    text = f"""{ROLE}
resource "aws_s3_bucket" "mine" {{ bucket = "mine" }}
resource "aws_s3_bucket" "yours" {{ bucket_prefix = "yours" }}
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.agent.name
  policy = jsonencode({{ Statement = [
    {{
      Sid      = "Mine"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:DeleteObject"]
      Resource = "${{aws_s3_bucket.mine.arn}}/*"
    }},
    {{
      Sid      = "Yours"
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "${{aws_s3_bucket.yours.arn}}/*"
    }},
  ] }})
}}
"""
    found = deployed(text)
    mine, yours = sorted(found.resources, key=lambda resource: resource.name, reverse=True)
    kinds = {
        (edge.src, edge.dst): {other.kind for other in found.edges if other.src == edge.src}
        for edge in found.edges
        if edge.dst in (mine.id, yours.id)
    }

    assert mine.sensitive is Truth.YES
    assert kinds == {
        (grant_of(found, "Yours").id, yours.id): {EdgeKind.WRITES},
        (grant_of(found, "Mine").id, mine.id): {
            EdgeKind.READS,
            EdgeKind.WRITES,
            EdgeKind.DELETES,
        },
    }


def test_roles_are_assumed_and_passed_where_a_grant_names_them() -> None:
    text = f"""{ROLE}
resource "aws_iam_role" "other" {{
  name               = "other"
  assume_role_policy = {TRUST % '{ AWS = "arn:aws:iam::111122223333:root" }'}
}}
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.agent.name
  policy = jsonencode({{ Statement = [
    {{
      Effect   = "Allow"
      Action   = ["sts:AssumeRole", "iam:PassRole"]
      Resource = aws_iam_role.other.arn
    }},
  ] }})
}}
"""
    found = deployed(text)
    agent, other = found.identities

    assert linked(found, EdgeKind.ASSUMES, agent.id, other.id)
    assert linked(found, EdgeKind.PASSES_ROLE, agent.id, other.id)
    assert not linked(found, EdgeKind.ASSUMES, other.id, agent.id)


@pytest.mark.parametrize(
    ("principal", "assumed"),
    [
        ('{ AWS = "arn:aws:iam::111122223333:role/agent" }', True),
        ("{ AWS = aws_iam_role.agent.arn }", True),
        ('{ AWS = "111122223333" }', True),
        ('{ AWS = "arn:aws:iam::111122223333:role/somebody" }', False),
        ('{ Service = "lambda.amazonaws.com" }', False),
    ],
)
def test_a_role_is_assumed_only_by_whom_it_trusts(principal: str, *, assumed: bool) -> None:
    text = f"""{ROLE}
resource "aws_iam_role" "other" {{
  name               = "other"
  assume_role_policy = {TRUST % principal}
}}
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.agent.name
  policy = jsonencode({{ Statement = [
    {{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "*" }},
  ] }})
}}
"""
    found = deployed(text)

    assert any(edge.kind is EdgeKind.ASSUMES for edge in found.edges) is assumed


def test_policies_that_are_written_out_are_read_so() -> None:
    text = f"""{ROLE}
data "aws_iam_policy_document" "p" {{
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  dynamic "statement" {{
    for_each = {{ read = "s3:GetObject", write = "s3:PutObject" }}
    content {{
      sid       = statement.key
      actions   = [statement.value]
      resources = ["*"]
      condition {{
        test     = "StringEquals"
        variable = "aws:PrincipalTag/team"
        values   = ["agents"]
      }}
    }}
  }}
}}
data "aws_iam_policy_document" "base" {{
  statement {{
    sid           = "base"
    effect        = "Deny"
    not_actions   = ["s3:*"]
    not_resources = ["arn:aws:s3:::logs"]
    principals {{
      type        = "AWS"
      identifiers = ["*"]
    }}
  }}
}}
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.agent.name
  policy = data.aws_iam_policy_document.p.json
}}
"""
    found = deployed(text)

    assert grant_of(found, "read").actions == ("s3:getobject",)
    assert grant_of(found, "write").conditions == ("aws:principaltag/team",)
    assert grant_of(found, "base").effect == "deny"


def test_variables_come_from_their_files_callers_and_defaults() -> None:
    module = """
variable "name" { default = "default" }
resource "aws_iam_role" "r" { name = var.name }
output "role" { value = aws_iam_role.r.name }
"""
    found = deployment_of(
        {
            "main.tf": """
variable "stage" { default = "dev" }
module "agent" {
  source = "./modules/agent"
  name   = "agent-${var.stage}"
}
resource "aws_iam_role_policy_attachment" "a" {
  role       = module.agent.role
  policy_arn = data.aws_iam_policy.admin.arn
}
data "aws_iam_policy" "admin" { name = "AdministratorAccess" }
""",
            "terraform.tfvars": 'stage = "prod"\n',
            "other.tfvars": 'stage = "never"\n',
            "modules/agent/main.tf": module,
            "modules/alone/main.tf": module,
        }
    )

    assert {identity.name for identity in found.identities} == {"agent-prod", "default"}
    assert [(grant.principal, grant.admin) for grant in found.grants] == [("agent-prod", True)]


def test_a_name_leads_through_locals_to_the_resource() -> None:
    text = f"""
resource "aws_iam_role" "made" {{
  count              = 1
  name_prefix        = "agent-"
  assume_role_policy = {LAMBDA}
}}
locals {{ role = var.role != null ? var.role : aws_iam_role.made[0].name }}
variable "role" {{ default = null }}
resource "aws_iam_role_policy" "p" {{
  role   = local.role
  policy = jsonencode({{ Statement = [
    {{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${{var.role}}" }},
  ] }})
}}
"""
    found = deployed(text)

    assert found.grants[0].identity_id == found.identities[0].id
    assert found.grants[0].resources == ("arn:aws:s3:::${var.role}",)


def test_nothing_stands_for_a_resource_that_is_switched_off() -> None:
    text = 'variable "on" { default = false }\n' + ROLE.replace(
        "name =", "count = var.on ? 1 : 0\n  name ="
    )

    assert deployed(text).identities == ()


def test_a_principal_that_nobody_declares_is_named_or_left_open() -> None:
    policy = 'jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })'
    text = "".join(
        f'resource "aws_iam_role_policy" "p{number}" {{\n role = {role}\n policy = {policy}\n}}\n'
        for number, role in enumerate(('"made-elsewhere"', "var.role"))
    )
    found = deployed(text)

    assert [identity.name for identity in found.identities] == ["made-elsewhere"]
    assert [open_.what for open_ in found.unresolved] == [
        "the principal of aws_iam_role_policy.p1 (var.role)"
    ]


AGENT = (
    ROLE
    + """
resource "aws_bedrockagent_agent" "support" {
  agent_name              = "support"
  agent_resource_role_arn = aws_iam_role.agent.arn
  foundation_model        = "anthropic.claude"
  instruction             = "Help."
  guardrail_configuration { guardrail_identifier = "g" }
  memory_configuration {
    enabled_memory_types = ["SESSION_SUMMARY"]
    storage_days         = 30
  }
}
resource "aws_bedrockagent_agent_action_group" "tools" {
  agent_id = aws_bedrockagent_agent.support.agent_id
  function_schema {
    member_functions {
      functions {
        name = "refund"
        parameters {
          map_block_key = "order"
          type          = "string"
        }
      }
    }
  }
}
resource "aws_bedrockagentcore_memory" "m" {
  name                  = "memory"
  event_expiry_duration = 90
}
resource "aws_bedrockagentcore_gateway" "g" {
  name            = "gateway"
  role_arn        = aws_iam_role.agent.arn
  authorizer_type = "CUSTOM_JWT"
}
resource "aws_bedrockagentcore_gateway_target" "t" {
  gateway_identifier = aws_bedrockagentcore_gateway.g.gateway_id
  credential_provider_configuration {
    oauth { provider_arn = "arn" }
  }
}
resource "aws_bedrockagentcore_harness" "h" {
  harness_name  = "harness"
  allowed_tools = ["*"]
}
"""
)


def test_a_bedrock_agent_acts_as_its_role() -> None:
    found = deployed(AGENT)
    support = next(agent for agent in found.agents if agent.name == "support")
    (role,) = found.identities
    tool = next(tool for tool in found.tools if tool.name == "refund")

    assert linked(found, EdgeKind.AUTHENTICATES_AS, support.id, role.id)
    assert linked(found, EdgeKind.INVOKES, support.id, tool.id)
    assert tool.typed is Truth.YES
    assert [guardrail.product for guardrail in found.guardrails] == ["bedrock"]
    assert role.agent_reachable


def test_managed_memory_has_its_days() -> None:
    stores = {store.backend: store for store in deployed(AGENT).memory_stores}

    assert stores["bedrock"].ttl_s == 30 * 86_400
    assert stores["bedrock"].max_turns is Known.NONE
    assert stores["agentcore"].ttl_s == 90 * 86_400


def test_a_gateway_says_who_gets_in_and_what_it_keeps() -> None:
    (gateway,) = deployed(AGENT).gateways
    (open_gateway,) = deployed(AGENT.replace("CUSTOM_JWT", "NONE")).gateways

    assert gateway.authorizer is Known.SET
    assert gateway.brokers_credentials is Truth.YES
    assert gateway.policy_enforced is Truth.NO
    assert open_gateway.authorizer is Known.NONE


def test_a_harness_without_limits_has_none() -> None:
    harness = next(agent for agent in deployed(AGENT).agents if agent.name == "harness")

    assert harness.wildcard_tools
    assert (harness.max_iterations, harness.timeout) == (Known.NONE, Known.NONE)


@pytest.mark.parametrize(
    ("truncation", "compaction", "turns"),
    [
        ("", Known.NONE, Known.NONE),
        ("truncation {}", Known.NONE, Known.NONE),
        ('truncation { strategy = "none" }', Known.NONE, Known.NONE),
        ('truncation { strategy = "summarization" }', Known.SET, Known.NONE),
        ("truncation { strategy = var.given }", Known.UNKNOWN, Known.NONE),
        (
            """truncation {
              strategy = "sliding_window"
              config {
                sliding_window { messages_count = 40 }
              }
            }""",
            Known.SET,
            Known.SET,
        ),
    ],
)
def test_a_harness_says_what_it_leaves_out_of_a_long_session(
    truncation: str, compaction: Known, turns: Known
) -> None:
    text = f'resource "aws_bedrockagentcore_harness" "h" {{\n{truncation}\n}}\n'
    stores = deployed(text, given='variable "given" {}').memory_stores
    (window,) = (store for store in stores if store.kind == "window")

    assert (window.compaction, window.max_turns) == (compaction, turns)


def test_custom_roles_of_azure_say_what_is_left_of_their_actions() -> None:
    text = """
variable "more" {}
resource "azurerm_role_definition" "agent" {
  name = "agent"
  permissions {
    actions = ["Microsoft.Compute/*/read", "Microsoft.Compute/virtualMachines/runCommand/action"]
    not_actions = ["microsoft.compute/virtualmachines/RUNCOMMAND/*"]
  }
  permissions { actions = var.more }
}
"""
    found = deployed(text)
    (grant,) = found.grants

    assert grant.actions == ("microsoft.compute/*/read",)
    assert [str(each.evidence) for each in found.unresolved] == ["main.tf:9:27"]


RUNTIMES = (
    ROLE
    + """
variable "key" { default = "opens-no-door-crm-41" }
variable "given" {}
resource "aws_lambda_function" "f" {
  function_name = "support-agent"
  role          = aws_iam_role.agent.arn
  environment {
    variables = {
      CRM_API_KEY    = var.key
      OPENAI_API_KEY = var.given
      STAGE          = "prod"
    }
  }
}
resource "aws_ecs_task_definition" "t" {
  family        = "worker"
  task_role_arn = aws_iam_role.agent.arn
  container_definitions = jsonencode([{
    name        = "worker"
    image       = "acme/worker:latest"
    environment = [{ name = "DB_PASSWORD", value = "opens-no-door-db-7" }]
    secrets     = [{ name = "STRIPE_API_KEY", valueFrom = "arn:aws:ssm:eu-west-1:1:parameter/s" }]
  }])
}
resource "aws_instance" "vm" {
  iam_instance_profile = aws_iam_instance_profile.p.name
}
resource "aws_iam_instance_profile" "p" {
  name = "profile"
  role = aws_iam_role.agent.name
}
resource "aws_bedrockagentcore_agent_runtime" "r" {
  agent_runtime_name = "core"
  role_arn           = aws_iam_role.agent.arn
  agent_runtime_artifact {
    container_configuration { container_uri = "1.dkr.ecr/core:v1" }
  }
  network_configuration { network_mode = "PUBLIC" }
  environment_variables = { LLM_MODEL = "m" }
}
"""
)


def test_every_runtime_acts_as_its_role() -> None:
    found = deployed(RUNTIMES)
    (role,) = found.identities

    assert {runtime.kind for runtime in found.runtimes} == {
        "lambda",
        "container",
        "vm",
        "agentcore",
    }
    for runtime in found.runtimes:
        assert linked(found, EdgeKind.AUTHENTICATES_AS, runtime.id, role.id), runtime.name


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("agent", "aws_iam_instance_profile.p.name"),
        ("agent", '"agent"'),
        ("other", "aws_iam_instance_profile.p.name"),
    ],
)
def test_a_machine_acts_as_the_role_of_its_profile(name: str, reference: str) -> None:
    """Many profiles are called like their role."""
    text = f"""{ROLE}
resource "aws_iam_instance_profile" "p" {{
  name = "{name}"
  role = aws_iam_role.agent.name
}}
resource "aws_instance" "vm" {{ iam_instance_profile = {reference} }}
"""
    found = deployed(text)
    (role,), (machine,) = found.identities, found.runtimes

    assert linked(found, EdgeKind.AUTHENTICATES_AS, machine.id, role.id)


def test_the_environment_of_runtimes_is_searched() -> None:
    credentials = {credential.variable: credential for credential in deployed(RUNTIMES).credentials}

    assert set(credentials) == {"CRM_API_KEY", "OPENAI_API_KEY", "DB_PASSWORD", "STRIPE_API_KEY"}
    assert credentials["CRM_API_KEY"].form is CredentialForm.LITERAL
    assert [str(place) for place in credentials["CRM_API_KEY"].evidence] == [
        "main.tf:13:24",
        "main.tf:6:28",
    ]
    assert credentials["OPENAI_API_KEY"].form is CredentialForm.SECRET_REF
    assert credentials["STRIPE_API_KEY"].form is CredentialForm.SECRET_REF


def test_no_secret_is_in_any_evidence() -> None:
    assert "opens-no-door" not in repr(deployed(RUNTIMES).credentials)


def test_containers_that_cannot_be_read_are_left_open() -> None:
    text = 'resource "aws_ecs_task_definition" "t" {\n  container_definitions = var.x\n}\n'

    assert [open_.what for open_ in deployed(text).unresolved] == [
        "the containers of aws_ecs_task_definition.t"
    ]


@pytest.mark.parametrize(
    ("rule", "policy"),
    [
        ('egress { cidr_blocks = ["10.0.0.0/8"] }', "allowlist"),
        ('egress { cidr_blocks = ["0.0.0.0/0"] }', "any"),
        ("egress { cidr_blocks = [var.somewhere] }", "any"),
    ],
)
def test_security_groups_say_what_a_function_reaches(rule: str, policy: str) -> None:
    text = f"""
resource "aws_security_group" "g" {{
  {rule}
}}
resource "aws_vpc_security_group_egress_rule" "mail" {{
  security_group_id = aws_security_group.g.id
  cidr_ipv4         = "10.1.0.0/16"
}}
resource "aws_lambda_function" "f" {{
  function_name = "f"
  vpc_config {{ security_group_ids = [aws_security_group.g.id] }}
}}
"""
    (egress,) = deployed(text).egresses

    assert egress.policy == policy


STORES = """
resource "aws_dynamodb_table" "chat" {
  name = "chat-sessions"
  ttl {
    attribute_name = "at"
    enabled        = true
  }
}
resource "aws_dynamodb_table" "orders" { name = "orders" }
resource "aws_elasticache_parameter_group" "g" {
  name = "g"
  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }
}
resource "aws_elasticache_replication_group" "memory" {
  replication_group_id = "memory"
  parameter_group_name = aws_elasticache_parameter_group.g.name
}
resource "aws_elasticache_cluster" "plain" { cluster_id = "plain" }
resource "aws_db_instance" "d" {
  identifier = "db"
  password   = var.password
}
resource "aws_ssm_parameter" "plain" {
  name  = "/a"
  type  = "String"
  value = "x"
}
"""


def test_stores_of_conversations_have_their_bounds() -> None:
    stores = {store.name: store for store in deployed(STORES).memory_stores}

    assert set(stores) == {"chat-sessions", "memory", "plain"}
    assert stores["chat-sessions"].ttl is Known.SET
    assert (stores["memory"].eviction, stores["memory"].holds_conversation) == ("allkeys-lru", True)
    assert (stores["plain"].eviction, stores["plain"].holds_conversation) == ("volatile-lru", False)


def test_secrets_in_arguments_land_in_the_state() -> None:
    (password,) = deployed(STORES).credentials

    assert (password.kind, password.exposure, password.lifetime) == (
        ("password", "state", Lifetime.UNKNOWN)
    )


def test_trails_say_what_they_cover() -> None:
    text = """
resource "aws_cloudtrail" "t" {
  name                       = "t"
  enable_log_file_validation = true
  event_selector {
    data_resource { type = "AWS::S3::Object" }
  }
}
resource "aws_cloudtrail" "off" {
  name           = "off"
  enable_logging = false
}
resource "aws_cloudwatch_log_group" "g" {
  name = "g"
}
resource "aws_bedrock_model_invocation_logging_configuration" "m" {
  logging_config {
    cloudwatch_config { log_group_name = aws_cloudwatch_log_group.g.name }
  }
}
"""
    unread = (
        'resource "aws_cloudtrail" "unread" {\n  name = "unread"\n  enable_logging = var.on\n}\n'
    )
    bounded = text.replace('name = "g"', 'name = "g"\n  retention_in_days = 30')
    logs = {log.name: log for log in deployed(text + unread).audit_logs}

    assert (logs["t"].covers_data_events, logs["t"].validated) == (Truth.YES, Truth.YES)
    assert (logs["off"].enabled, logs["off"].covers_data_events) == (Truth.NO, Truth.NO)
    assert logs["unread"].enabled is Truth.UNKNOWN
    assert (logs["calls to models"].retention, logs["calls to models"].content_logged) == (
        (Known.NONE, True)
    )
    assert [
        log.retention for log in deployed(bounded).audit_logs if log.kind == "model_invocation"
    ] == [Known.SET]


def test_the_other_clouds_are_read() -> None:
    text = """
resource "google_service_account" "agent" { account_id = "agent" }
resource "google_project_iam_member" "owner" {
  role   = "roles/owner"
  member = "serviceAccount:${google_service_account.agent.email}"
}
resource "google_project_iam_binding" "viewers" {
  role    = "roles/storage.objectViewer"
  members = ["group:team@acme.example"]
}
resource "google_project_iam_member" "open" { role = var.role }
resource "google_service_account_key" "k" { service_account_id = google_service_account.agent.name }
resource "google_redis_instance" "chat" { name = "chat" }
resource "azurerm_role_assignment" "a" {
  role_definition_name = "Owner"
  scope                = data.azurerm_subscription.current.id
  principal_id         = azurerm_user_assigned_identity.agent.principal_id
}
resource "azurerm_role_assignment" "b" {
  role_definition_name = "Storage Blob Data Reader"
  scope                = "/subscriptions/1/resourceGroups/g"
}
resource "azurerm_role_assignment" "c" { role_definition_id = "x" }
resource "azuread_application_password" "p" { end_date_relative = "240h" }
resource "azurerm_redis_cache" "sessions" {
  name = "sessions"
  redis_configuration { maxmemory_policy = "allkeys-lfu" }
}
"""
    found = deployed(text)
    grants = {grant.actions[0]: grant for grant in found.grants}
    credentials = {credential.provider: credential for credential in found.credentials}

    assert grants["roles/owner"].admin
    assert grants["roles/owner"].identity_id == found.identities[0].id
    assert grants["roles/storage.objectviewer"].write_count == 0
    assert (grants["owner"].admin, grants["owner"].escalations) == (True, ("assign-any-role",))
    assert not grants["storage blob data reader"].sensitive_actions
    assert credentials["azure"].ttl_s == 240 * 3600
    assert credentials["google"].lifetime is Lifetime.STATIC
    assert {store.eviction for store in found.memory_stores} == {"volatile-lru", "allkeys-lfu"}
    assert len(found.unresolved) == 2


@pytest.mark.parametrize(
    "type_",
    ["aws_elasticache_cluster", "google_redis_instance", "azurerm_managed_redis"],
)
@pytest.mark.parametrize(
    ("file", "name", "told"),
    [
        ("main.tf", "chat", True),
        ("chat/main.tf", "this", True),
        ("main.tf", "messages", True),
        ("main.tf", "deploy-history", False),
        ("main.tf", "this", False),
    ],
)
def test_a_cache_is_of_conversations_by_the_same_names_in_every_cloud(
    type_: str, file: str, name: str, *, told: bool
) -> None:
    text = f'resource "{type_}" "{name}" {{}}\n'
    (store,) = deployment_of({file: text}).memory_stores

    assert store.holds_conversation is told


def test_a_value_that_grows_without_end_is_given_up() -> None:
    doubled = "".join(f"  a{n} = [local.a{n - 1}, local.a{n - 1}]\n" for n in range(1, 50))
    text = f'locals {{\n  a0 = ["x"]\n{doubled}}}\nresource "aws_iam_role" "r" {{\n  name = "r"\n'
    found = deployed(f"{text}  assume_role_policy = jsonencode(local.a49)\n}}\n")

    assert found.unresolved[0].what == "the policy of aws_iam_role.r.assume_role_policy"


def test_circles_end() -> None:
    text = 'locals {\n  a = local.b\n  b = local.a\n}\nmodule "m" { source = "./m" }\n'
    found = deployment_of(
        {
            "main.tf": text + 'resource "aws_iam_role" "r" { name = local.a }\n',
            "m/main.tf": 'module "up" { source = "../" }\n',
        }
    )

    assert [identity.name for identity in found.identities] == ["aws_iam_role.r"]


FRAGMENTS = st.sampled_from(
    [
        'resource "aws_iam_role" "a" {',
        'resource "aws_lambda_function" "f" {',
        'data "aws_iam_policy_document" "p" {',
        "  name = aws_iam_role.a.name",
        "  role = [aws_iam_role.a]",
        '  assume_role_policy = "{"',
        "  policy = data.aws_iam_policy_document.p.json",
        "  environment = 3",
        "  for_each = { a = each.value }",
        "  count = count.index",
        "  statement { actions = {} }",
        "  container_definitions = [1]",
        "}",
        "locals { x = ",
        "${",
    ]
)


@given(st.lists(FRAGMENTS, max_size=8))
def test_no_arrangement_of_lines_crashes_it(lines: list[str]) -> None:
    found = deployed("\n".join(lines))

    assert [coverage.file for coverage in found.coverage] == ["main.tf"]


def test_a_managed_policy_of_a_role_that_no_file_declares_still_says_what_it_allows() -> None:
    found = deployed(
        """
data "aws_iam_role" "agent" { name = "agent" }
resource "aws_iam_role_policy_attachment" "all" {
  role       = data.aws_iam_role.agent.id
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"""
    )

    assert [(grant.managed_policy, grant.admin) for grant in found.grants] == [
        ("AdministratorAccess", True)
    ]
    assert any("the principal of" in item.what for item in found.unresolved)


@pytest.mark.parametrize(
    ("value", "ignored", "found"),
    [
        ('jsonencode({ api_key = "REPLACE_ME" })', "secret_string", 0),
        ('jsonencode({ api_key = "REPLACE_ME" })', "version_stages", 1),
        ('jsonencode({ note = "The team sets the key here" })', "secret_string", 0),
        ('jsonencode({ note = "The team sets it" , key = "q8Zt2LmX" })', "secret_string", 1),
        ('"The team sets it: by hand, here."', "secret_string", 0),
        ('"correct horse battery staple"', "secret_string", 1),
        (r'"{ \"user\": \"ada\", \"password\": \"q8Zt2LmX\" }"', "secret_string", 1),
        ("jsonencode({ api_key = var.key })", "secret_string", 1),
        ("var.key", "secret_string", 1),
    ],
)
def test_what_only_holds_the_place_of_a_secret_is_none(
    value: str, ignored: str, found: int
) -> None:
    text = (
        'resource "aws_secretsmanager_secret_version" "gateway" {\n  secret_id = "gateway"\n'
        f"  secret_string = {value}\n  lifecycle {{\n    ignore_changes = [{ignored}]\n  }}\n}}\n"
    )

    assert len(deployment_of({"main.tf": text}).credentials) == found


@pytest.mark.parametrize(
    ("label", "value", "found"),
    [
        ("a", "var.master_username", 0),
        ("username", "var.login", 0),
        ("a", "var.username_password", 1),
        ("usernames", "var.login", 1),
        ("a", "module.desk.managed_identity_client_id", 0),
        ("a", "data.azurerm_client_config.current.tenant_id", 0),
        ("a", "aws_iam_access_key.desk.id", 1),
    ],
)
def test_the_name_of_a_user_is_no_secret_in_state(label: str, value: str, found: int) -> None:
    text = (
        f'resource "aws_secretsmanager_secret_version" "{label}" {{\n  secret_id = "search"\n'
        f"  secret_string = {value}\n}}\n"
    )

    assert len(deployment_of({"main.tf": text}).credentials) == found


TASK = """
variable "%s" {
  type      = string
  %s
}

resource "aws_ecs_task_definition" "agent" {
  family                = "agent"
  container_definitions = jsonencode([{
    name        = "agent"
    image       = "acme/agent:1"
    environment = [{ name = "OPENAI_API_KEY", value = var.%s }]
  }])
}
"""


@pytest.mark.parametrize(
    ("variable", "body", "held"),
    [
        ("openai_api_key", 'default = ""', 1),
        ("openai_api_key", "default = null", 1),
        ("desk", 'sensitive = true\n  default = ""', 1),
        ("desk", 'default = ""', 0),
        ("openai_api_key", "", 1),
    ],
)
def test_a_variable_for_a_secret_waits_for_it_whatever_its_default(
    variable: str, body: str, held: int
) -> None:
    """`TF_VAR_openai_api_key` gives it; the empty default only lets a plan run without."""
    found = deployed(TASK % (variable, body, variable)).credentials

    assert [item.form for item in found] == [CredentialForm.SECRET_REF] * held


def test_a_secret_that_is_passed_empty_is_none() -> None:
    module = TASK % ("openai_api_key", 'default = "x"', "openai_api_key")
    call = 'module "agent" {\n  source = "./agent"\n  openai_api_key = ""\n}\n'

    assert not deployment_of({"main.tf": call, "agent/main.tf": module}).credentials


@pytest.mark.parametrize(
    ("function", "rotated"), [("rotation", Truth.UNKNOWN), ("reports", Truth.NO)]
)
def test_what_a_function_of_its_own_rotates_is_left_open(function: str, rotated: Truth) -> None:
    text = (
        'resource "aws_secretsmanager_secret" "desk" {\n  name = "desk"\n}\n'
        f'resource "aws_lambda_function" "{function}" {{\n  function_name = "{function}"\n}}\n'
    )

    assert [item.rotated for item in deployed(text).resources if item.kind == "secret"] == [rotated]


@pytest.mark.parametrize(
    ("table", "memories"),
    [
        ("desk-deployment-history", 0),
        ("desk-order-history", 0),
        ("desk-user-sessions", 0),
        ("chatbot-users", 0),
        ("chatbot-messages", 1),
        ("chatbot", 1),
        ("desk-sessions", 1),
        ("desk-history", 1),
        ("desk-chat-order-history", 1),
    ],
)
def test_a_history_of_other_things_is_no_conversation(table: str, memories: int) -> None:
    text = f'resource "aws_dynamodb_table" "kept" {{\n  name = "{table}"\n  hash_key = "id"\n}}\n'

    assert len(deployed(text).memory_stores) == memories
