"""Managed caches as memories of agents: what bounds them, whom they let in, and how it travels."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.finding import Severity
from tests.linting.severities import found


def terraform(type_: str, *lines: str, more: str = "") -> dict[str, str]:
    body = "\n".join(f"  {line}" for line in lines)
    return {"main.tf": f'resource "{type_}" "memory" {{\n{body}\n}}\n{more}'}


def memory(files: dict[str, str]) -> MemoryStore:
    (store,) = deployment_of(files).memory_stores
    return store


DURABLE = ("aws_memorydb_cluster", 'name = "desk-memory"')
SERVERLESS = ("aws_elasticache_serverless_cache", 'name = "desk-memory"', 'engine = "valkey"')
NODES = ("aws_elasticache_replication_group", 'replication_group_id = "desk-memory"')


def test_memorydb_keeps_everything_until_it_is_full() -> None:
    """Amazon MemoryDB Developer Guide: the default of `maxmemory-policy` is `noeviction`."""
    files = terraform(*DURABLE, 'acl_name = "desk"')
    store = memory(files)

    assert (store.backend, store.persistent, store.eviction) == ("redis", Truth.YES, "noeviction")
    assert "memory-that-fills-up" in found(files)


def test_its_group_of_parameters_says_what_it_evicts() -> None:
    group = """
resource "aws_memorydb_parameter_group" "g" {
  name   = "desk"
  family = "memorydb_valkey7"
  parameter {
    name  = "maxmemory-policy"
    value = "volatile-ttl"
  }
}
"""
    named = "parameter_group_name = aws_memorydb_parameter_group.g.name"

    assert memory(terraform(*DURABLE, named, more=group)).eviction == "volatile-ttl"
    assert memory(terraform(*DURABLE, 'parameter_group_name = "elsewhere"')).eviction == ""
    kept = 'parameter_group_name = "default.memorydb-valkey7"'
    assert memory(terraform(*DURABLE, kept)).eviction == "noeviction"


@pytest.mark.parametrize(
    ("lines", "asks", "encrypted"),
    [
        (('acl_name = "open-access"',), Truth.NO, Truth.YES),
        (('acl_name = "desk"', "tls_enabled = false"), Truth.YES, Truth.NO),
        (("acl_name = var.list",), Truth.YES, Truth.YES),
    ],
)
def test_whom_memorydb_lets_in(lines: tuple[str, ...], asks: Truth, encrypted: Truth) -> None:
    store = memory(terraform(*DURABLE, *lines))

    assert (store.asks_callers, store.encrypted_on_the_way) == (asks, encrypted)


def test_a_cache_without_nodes_is_bounded_by_what_its_owner_says() -> None:
    limit = 'cache_usage_limits {\n data_storage {\n maximum = 2\n unit = "GB"\n }\n }'
    bounded, unbounded = memory(terraform(*SERVERLESS, limit)), memory(terraform(*SERVERLESS))

    assert (bounded.max_bytes, bounded.max_bytes_count) == (Known.SET, 2 * 1_024**3)
    assert unbounded.max_bytes is Known.NONE
    assert (unbounded.eviction, unbounded.encrypted_on_the_way) == ("volatile-lru", Truth.YES)
    assert unbounded.asks_callers is Truth.NO
    assert "undecided-memory-bound" in found(terraform(*SERVERLESS))
    assert memory(terraform(*SERVERLESS, 'user_group_id = "desk"')).asks_callers is Truth.YES


@pytest.mark.parametrize(
    ("lines", "asks", "encrypted"),
    [
        ((), Truth.NO, Truth.NO),
        (('engine = "valkey"',), Truth.NO, Truth.UNKNOWN),
        (("auth_token = var.token", "transit_encryption_enabled = true"), Truth.YES, Truth.YES),
        (('user_group_ids = ["desk"]', "transit_encryption_enabled = false"), Truth.YES, Truth.NO),
        (("user_group_ids = var.groups",), Truth.YES, Truth.NO),
        (("user_group_ids = []",), Truth.NO, Truth.NO),
    ],
)
def test_whom_nodes_let_in(lines: tuple[str, ...], asks: Truth, encrypted: Truth) -> None:
    store = memory(terraform(*NODES, *lines))

    assert (store.asks_callers, store.encrypted_on_the_way) == (asks, encrypted)


def test_memcached_and_parts_of_a_group_are_no_memory_of_their_own() -> None:
    part = 'replication_group_id = "desk-memory"'

    assert not deployment_of(
        terraform("aws_elasticache_cluster", 'engine = "memcached"')
    ).memory_stores
    assert not deployment_of(terraform("aws_elasticache_cluster", part)).memory_stores


@pytest.mark.parametrize(
    ("type_", "lines", "asks", "encrypted"),
    [
        ("google_redis_instance", (), Truth.NO, Truth.NO),
        (
            "google_redis_instance",
            ("auth_enabled = true", 'transit_encryption_mode = "SERVER_AUTHENTICATION"'),
            Truth.YES,
            Truth.YES,
        ),
        (
            "google_redis_cluster",
            (
                'authorization_mode = "AUTH_MODE_DISABLED"',
                'transit_encryption_mode = "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION"',
            ),
            Truth.NO,
            Truth.YES,
        ),
        (
            "google_memorystore_instance",
            ('authorization_mode = "IAM_AUTH"', "transit_encryption_mode = var.mode"),
            Truth.YES,
            Truth.UNKNOWN,
        ),
        ("azurerm_redis_cache", (), Truth.YES, Truth.YES),
        ("azurerm_redis_cache", ("non_ssl_port_enabled = true",), Truth.YES, Truth.NO),
        ("azurerm_redis_cache", ("enable_non_ssl_port = var.open",), Truth.YES, Truth.UNKNOWN),
        (
            "azurerm_redis_enterprise_database",
            ('client_protocol = "Plaintext"',),
            Truth.YES,
            Truth.NO,
        ),
    ],
)
def test_whom_caches_of_other_clouds_let_in(
    type_: str, lines: tuple[str, ...], asks: Truth, encrypted: Truth
) -> None:
    store = memory(terraform(type_, 'name = "desk-memory"', *lines))

    assert (store.asks_callers, store.encrypted_on_the_way) == (asks, encrypted)


def test_templates_declare_them_too() -> None:
    users = {"Type": "AWS::MemoryDB::User", "Properties": {"UserName": "desk"}}
    users["Properties"] |= {"AuthenticationMode": {"Type": "password"}}  # type: ignore[operator]
    listed = {"ACLName": "desk", "UserNames": [{"Ref": "User"}]}
    group = {"ParameterGroupName": "g", "Parameters": {"maxmemory-policy": "volatile-lru"}}
    cluster = {
        "ClusterName": "desk-memory",
        "ACLName": {"Ref": "List"},
        "ParameterGroupName": {"Ref": "Group"},
        "TLSEnabled": False,
        "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k",
    }
    resources = {
        "User": users,
        "List": {"Type": "AWS::MemoryDB::ACL", "Properties": listed},
        "Group": {"Type": "AWS::MemoryDB::ParameterGroup", "Properties": group},
        "Memory": {"Type": "AWS::MemoryDB::Cluster", "Properties": cluster},
    }
    files = {"template.json": json.dumps({"Resources": resources})}
    store = memory(files)

    assert (store.eviction, store.own_key) == ("volatile-lru", Known.SET)
    assert (store.asks_callers, store.encrypted_on_the_way) == (Truth.YES, Truth.NO)
    (cache,) = (each for each in deployment_of(files).resources if each.kind == "cache")
    assert cache.static_access is Truth.YES


def test_only_what_is_called_after_conversations_is_told() -> None:
    prices = ("aws_memorydb_cluster", 'name = "prices"', 'acl_name = "open-access"')
    kept = terraform(*DURABLE, 'acl_name = "open-access"')

    assert found(kept)["open-managed-cache"] is Severity.MEDIUM
    told = {"prices.tf": terraform(*prices)["main.tf"].replace('"memory"', '"prices"')}
    assert "open-managed-cache" not in found(told)


@pytest.mark.parametrize("given", ['""', "null", "var.none", "var.empty"])
@pytest.mark.parametrize(
    ("cache", "proof"),
    [(NODES, "auth_token"), (NODES, "user_group_ids"), (SERVERLESS, "user_group_id")],
)
def test_a_proof_that_is_empty_is_none(cache: tuple[str, ...], proof: str, given: str) -> None:
    more = 'variable "none" { default = null }\nvariable "empty" { default = "" }\n'
    store = memory(terraform(*cache, f"{proof} = {given}", more=more))

    assert store.asks_callers is Truth.NO


def test_a_cache_that_prefers_tls_takes_what_comes_without() -> None:
    """Amazon ElastiCache User Guide, "Enabling in-transit encryption": of both kinds."""
    lines = ("transit_encryption_enabled = true", 'transit_encryption_mode = "preferred"')

    assert memory(terraform(*NODES, *lines)).encrypted_on_the_way is Truth.NO
    assert memory(terraform(*NODES, *lines[:1])).encrypted_on_the_way is Truth.YES


def cached(named: str, variable: str) -> dict[str, str]:
    """A function that a variable tells where a cache is, in the words of CloudFormation."""
    resources = {
        named: {
            "Type": "AWS::ElastiCache::ReplicationGroup",
            "Properties": {"ReplicationGroupDescription": "for everything"},
        },
        "Desk": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "desk-agent",
                "Environment": {
                    "Variables": {
                        variable: {"Fn::Sub": f"rediss://${{{named}.PrimaryEndPoint.Address}}:6379"}
                    }
                },
            },
        },
    }
    return {"stack.json": json.dumps({"Resources": resources})}


@pytest.mark.parametrize(
    ("variable", "holds"), [("CHAT_HISTORY_REDIS_URL", True), ("RATE_LIMITS_REDIS_URL", False)]
)
def test_a_variable_of_conversations_says_what_the_cache_holds(
    variable: str, *, holds: bool
) -> None:
    files = cached("Cache", variable)
    caches = [store for store in deployment_of(files).memory_stores if store.kind == "cache"]

    assert [store.holds_conversation for store in caches] == [holds]
    assert ("eviction-that-never-evicts" in found(files)) is holds


def test_so_does_one_that_code_takes_the_address_of_its_history_from() -> None:
    variables = (
        "variables = { REDIS_URL = aws_elasticache_replication_group.c.primary_endpoint_address }"
    )
    function = f"""
resource "aws_elasticache_replication_group" "c" {{
  replication_group_id = "shared"
}}
resource "aws_lambda_function" "desk" {{
  function_name = "desk-agent"
  environment {{ {variables} }}
}}
"""
    code = """
import os
from langchain_community.chat_message_histories import RedisChatMessageHistory
history = RedisChatMessageHistory(session_id=sid, url=os.environ["REDIS_URL"], ttl={ttl})
"""
    with_ttl = {"main.tf": function, "app.py": code.format(ttl="3600")}

    found_without = found({"main.tf": function, "app.py": code.format(ttl="None")})

    assert "eviction-that-never-evicts" in found_without
    assert "eviction-that-never-evicts" not in found(with_ttl)
