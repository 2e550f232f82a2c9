"""Databases in which agents remember or know something, and who may come to them."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.finding import Severity
from tests.linting.severities import found

POLICY = {
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}]
}
OWN_USERS = "advanced_security_options {\n    enabled = true\n  }"


def domain(name: str, more: str = "", policy: object = POLICY) -> str:
    return f"""
resource "aws_opensearch_domain" "store" {{
  domain_name     = "{name}"
  access_policies = jsonencode({json.dumps(policy)})
  {more}
}}
"""


def apart(name: str) -> str:
    """The policy as a resource of its own."""
    return f"""
resource "aws_opensearch_domain" "store" {{ domain_name = "{name}" }}
resource "aws_opensearch_domain_policy" "store" {{
  domain_name     = aws_opensearch_domain.store.domain_name
  access_policies = jsonencode({json.dumps(POLICY)})
}}
"""


BASE = """
resource "aws_bedrockagent_knowledge_base" "desk" {
  name = "desk"
  storage_configuration {
    type = "%s"
    %s { %s }
  }
}
"""
IN_DOMAIN = BASE % (
    "OPENSEARCH_MANAGED_CLUSTER",
    "opensearch_managed_cluster_configuration",
    "domain_arn = aws_opensearch_domain.store.arn",
)
IN_AURORA = BASE % ("RDS", "rds_configuration", "resource_arn = aws_rds_cluster.store.arn")
ACCOUNT = {"Statement": [POLICY["Statement"][0] | {"Principal": {"AWS": "111122223333"}}]}
FROM_HERE = {
    "Statement": [
        POLICY["Statement"][0] | {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    ]
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (domain("desk-agent-memory"), True),
        (domain("knowledge"), True),
        (apart("chat-history"), True),
        (domain("store") + IN_DOMAIN, True),
        (domain("store"), False),
        (domain("logs-of-orders"), False),
        (domain("desk-agent-memory", "vpc_options { subnet_ids = [] }"), False),
        (domain("desk-agent-memory", OWN_USERS), False),
        (domain("desk-agent-memory", policy=ACCOUNT), False),
        (domain("desk-agent-memory", policy=FROM_HERE), False),
    ],
)
def test_a_policy_of_a_domain_may_let_in_everybody(text: str, *, told: bool) -> None:
    assert ("grant-to-everybody" in found({"main.tf": text})) is told


def test_users_that_a_variable_decides_are_open() -> None:
    text = domain("knowledge", OWN_USERS.replace("true", "var.on"))

    assert "whether aws_opensearch_domain.store has users of its own" in {
        each.what for each in deployment_of({"main.tf": text}).unresolved
    }


def instance(name: str, public: str) -> str:
    return f"""
resource "aws_db_instance" "store" {{
  identifier          = "{name}"
  engine              = "postgres"
  publicly_accessible = {public}
}}
"""


AURORA = """
resource "aws_rds_cluster" "store" {
  cluster_identifier = "store"
  database_name      = "%s"
}
resource "aws_rds_cluster_instance" "store" {
  cluster_identifier  = aws_rds_cluster.store.id
  publicly_accessible = true
}
"""
GOOGLE = """
resource "google_sql_database_instance" "store" {
  name = "store"
  settings {
    tier = "db-f1-micro"
    ip_configuration {
      authorized_networks {
        name  = "office"
        value = "203.0.113.7/32"
      }
      authorized_networks { value = "%s" }
    }
  }
}
resource "google_sql_database" "inner" {
  name     = "%s"
  instance = google_sql_database_instance.store.name
}
"""
AZURE = """
resource "azurerm_postgresql_flexible_server" "store" { name = "store" }
resource "azurerm_postgresql_flexible_server_database" "inner" {
  name      = "langgraph"
  server_id = azurerm_postgresql_flexible_server.store.id
}
resource "azurerm_postgresql_flexible_server_firewall_rule" "all" {
  name             = "all"
  server_id        = azurerm_postgresql_flexible_server.store.id
  start_ip_address = "0.0.0.0"
  end_ip_address   = "%s"
}
"""
_CONFIGURED = "    ip_configuration {\n"
GOOGLE_BEHIND = GOOGLE.replace(_CONFIGURED, f"{_CONFIGURED}      ipv4_enabled = %s\n")
AZURE_BEHIND = AZURE.replace('{ name = "store" }', "{ public_network_access_enabled = %s }", 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOGLE_BEHIND % ("false", "0.0.0.0/0", "checkpoints"), False),
        (GOOGLE_BEHIND % ("true", "0.0.0.0/0", "checkpoints"), True),
        (AZURE_BEHIND % ("false", "255.255.255.255"), False),
        (AZURE_BEHIND % ("true", "255.255.255.255"), True),
        (instance("desk-agent", "true"), True),
        (instance("desk-agent", "false"), False),
        (instance("orders", "true"), False),
        (instance("user-sessions", "true"), False),
        (AURORA % "vectors", True),
        (AURORA % "orders", False),
        (AURORA % "orders" + IN_AURORA, True),
        (GOOGLE % ("0.0.0.0/0", "checkpoints"), True),
        (GOOGLE % ("10.0.0.0/8", "checkpoints"), False),
        (GOOGLE % ("0.0.0.0/0", "orders"), False),
        (AZURE % "255.255.255.255", True),
        (AZURE % "10.255.255.255", False),
    ],
)
def test_a_database_of_an_agent_may_have_an_address_for_everybody(text: str, *, told: bool) -> None:
    severity = Severity.MEDIUM if told else None

    assert found({"main.tf": text}).get("exposed-agent-database") is severity


@pytest.mark.parametrize(
    "text",
    [
        instance("desk-agent", "var.public"),
        GOOGLE % ("${var.network}", "checkpoints"),
        AZURE % "${var.last}",
        GOOGLE_BEHIND % ("var.public", "0.0.0.0/0", "checkpoints"),
        AZURE_BEHIND % ("var.public", "255.255.255.255"),
    ],
)
def test_an_address_that_a_variable_decides_is_open(text: str) -> None:
    unresolved = deployment_of({"main.tf": text}).unresolved

    assert any(each.what.startswith("from where ") for each in unresolved)
    assert "exposed-agent-database" not in found({"main.tf": text})


def test_templates_say_the_same() -> None:
    def template(type_: str, **properties: object) -> dict[str, str]:
        resource = {"Type": type_, "Properties": properties}
        return {"template.json": json.dumps({"Resources": {"Store": resource}})}

    public = template(
        "AWS::RDS::DBInstance", DBInstanceIdentifier="agent-memory", PubliclyAccessible=True
    )
    opened = template(
        "AWS::OpenSearchService::Domain", DomainName="knowledge", AccessPolicies=POLICY
    )
    within = template(
        "AWS::OpenSearchService::Domain",
        DomainName="knowledge",
        AccessPolicies=POLICY,
        VPCOptions={"SubnetIds": ["subnet-1"]},
    )

    assert "exposed-agent-database" in found(public)
    assert "grant-to-everybody" in found(opened)
    assert "grant-to-everybody" not in found(within)
