"""What Terraform's resources keep: data worth protecting, secrets, and conversation memory."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.literals import is_placeholder
from agentaudit.extract.credentials.secret_names import name_words
from agentaudit.extract.terraform.caches import caches
from agentaudit.extract.terraform.memories import MEMORIES, holds_conversations
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.names import computed
from agentaudit.extract.terraform.settings import settings
from agentaudit.extract.terraform.static_access import (
    SHARED_KEYS,
    Rotations,
    rotations,
    static_access,
)
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.permissions import Resource
from agentaudit.readers.document import Node

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "aws_s3_bucket": "bucket",
        "aws_dynamodb_table": "table",
        "aws_secretsmanager_secret": "secret",
        "aws_ssm_parameter": "secret",
        "aws_db_instance": "database",
        "aws_rds_cluster": "database",
        "aws_sqs_queue": "queue",
        "aws_sns_topic": "topic",
        "aws_kms_key": "key",
        "aws_lambda_function": "function",
        "aws_opensearch_domain": "database",
        "aws_elasticache_replication_group": "cache",
        "aws_elasticache_serverless_cache": "cache",
        "aws_memorydb_cluster": "cache",
        "aws_kinesis_stream": "queue",
        "azurerm_key_vault_secret": "secret",
        "google_secret_manager_secret": "secret",
    }
)
_CLOUDS = {"azurerm": "azure", "google": "google"}
_SENSITIVE = frozenset({"bucket", "table", "secret", "database"})
_HARMLESS = regex(
    r"(?:^|[^a-z])(?:logs?|trail|assets?|static|public|artifacts?|tfstate|state)(?:[^a-z]|$)"
)
_SECRET_ARGUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "aws_secretsmanager_secret_version": "secret_string",
        "aws_ssm_parameter": "value",
        "aws_db_instance": "password",
        "aws_rds_cluster": "master_password",
        "aws_elasticache_replication_group": "auth_token",
        "aws_bedrockagentcore_api_key_credential_provider": "api_key",
        "aws_bedrockagentcore_oauth2_credential_provider": "client_secret",
        "azurerm_key_vault_secret": "value",
        "azurerm_mssql_server": "administrator_login_password",
        "azurerm_mysql_flexible_server": "administrator_password",
        "azurerm_postgresql_flexible_server": "administrator_password",
        "google_secret_manager_secret_version": "secret_data",
        "google_sql_user": "password",
        "linode_instance": "root_pass",
        "linode_instance_disk": "root_pass",
        "github_actions_secret": "plaintext_value",
        "github_actions_environment_secret": "plaintext_value",
        "github_actions_organization_secret": "plaintext_value",
    }
)
_SENTENCE = 4
"""Words of what tells a person what is to stand there."""
_WORD = regex(r"[\"'(]?[A-Za-z]{1,30}(?:['-][A-Za-z]{1,30})?[\"')]?[.,:;!?]?")
_SPOKEN = frozenset({"the", "here", "this", "is", "to", "be", "set", "in", "by", "after", "not"})
"""Some of which each such sentence has: a list of words may be what opens a door."""
_NAME_OF_SOMEBODY = regex(
    r"(?:^|[._-])(?:user_?name|(?:client|tenant|subscription|principal|object|project)_id)$",
    re.IGNORECASE,
)
"""Of a user, or of an identity: what it proves itself with is kept elsewhere."""


def add_stores(module: Module, collector: Collector, *, state: bool = True) -> None:
    """Resources, the secrets in their arguments, and the stores that hold conversations."""
    rotated = rotations(module)
    for declared in module.resources(*KINDS):
        collector.add(_resource(declared, rotated))
    for declared in module.resources(*SHARED_KEYS):
        collector.add(_keyed_account(declared))
    for declared in module.resources(*_SECRET_ARGUMENTS):
        _add_secret_argument(declared, collector, state=state)
    for type_, memory in MEMORIES.items():
        for declared in module.resources(type_):
            if any(map(holds_conversations, _names(declared))):
                collector.add(memory(declared))
    for cache in caches(module):
        collector.add(cache)


def _resource(declared: Declared, rotated: Rotations) -> Resource:
    kind, name = KINDS[declared.type], declared.title
    title = name if name != declared.shown else f"${{{declared.address}}}"
    return Resource(
        id=fact_id("resource", name, declared.key),
        name=name,
        evidence=(declared.place(),),
        kind=kind,
        provider=_CLOUDS.get(declared.type.partition("_")[0], "aws"),
        pattern=computed(declared.type, "arn", title),
        sensitive=Truth.YES if kind in _SENSITIVE and not _HARMLESS.search(name) else Truth.UNKNOWN,
        static_access=static_access(declared),
        rotated=rotated.of(declared),
    )


def _keyed_account(declared: Declared) -> Resource:
    """An account of Azure, which keys open unless they are switched off."""
    return Resource(
        id=fact_id("resource", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(), *_given(declared)),
        kind=SHARED_KEYS[declared.type][0],
        provider="azure",
        static_access=static_access(declared),
    )


def _given(declared: Declared) -> tuple[Evidence, ...]:
    """Where else the switch of an account's keys is said, where it is passed from there."""
    switch = next(filter(None, map(declared.body.get, SHARED_KEYS[declared.type][1])), None)
    origins = switch.origin if switch is not None else ()
    return tuple(evidence(declared.document, origin) for origin in origins)


def _opens_nothing(declared: Declared, value: Node) -> bool:
    """Whether what is kept is called after a number (`CHAT_ID`), or is the name of somebody."""
    words = name_words(declared.body.text_at("secret_name"))
    number = words[-1:] == ("id",) and "key" not in words
    called = (declared.name, value.raw if value.unknown else "")
    return number or any(map(_NAME_OF_SOMEBODY.search, called))


def _add_secret_argument(declared: Declared, collector: Collector, *, state: bool) -> None:
    """
    A secret that Terraform writes into its state.

    A literal is a credential of the repository as well; `secret_string_wo` and its like never
    reach the state. A template of CloudFormation has no state: a reference there is kept nowhere.
    """
    name = _SECRET_ARGUMENTS[declared.type]
    block = _block_with(declared, name)
    value = block.get(name) if block is not None else None
    if value is None or _filled_elsewhere(declared, name, value) or _opens_nothing(declared, value):
        return
    plain = _plain_parameter(declared)
    found = settings(declared, block, declared.name)
    literal = [setting for setting in found if setting.key == name and not value.unknown]
    if plain:  # no secret unless its name says so
        literal = [replace(each, key=declared.title.rpartition("/")[2]) for each in literal]
    exposure = "state" if state else "file"
    if add_credentials(collector, literal, Holding(holder="repository", exposure=exposure)):
        return
    if plain or not state:
        return
    collector.add(
        Credential(
            id=fact_id("credential", declared.title, f"{declared.key}.{name}"),
            name=f"{declared.shown}.{name}",
            evidence=(evidence(declared.document, value, f"{name}=(reference)"),),
            kind="password" if "password" in name else "secret",
            form=CredentialForm.SECRET_REF,
            lifetime=Lifetime.UNKNOWN,
            holder="repository",
            exposure="state",
            variable=name,
        )
    )


def _filled_elsewhere(declared: Declared, name: str, value: Node) -> bool:
    """Whether what stands here only holds the place: the secret is set by other means."""
    ignored = declared.body.get("lifecycle", "ignore_changes")
    names = {item.raw for item in ignored.list()} if ignored is not None else set()
    return name in names and _holds_place(name, value)


def _holds_place(name: str, value: Node) -> bool:
    """Whether only words for what is still to come stand there, as a text or in a mapping."""
    parts = [each for _, each in value.items()] if value.entries else [value]
    return all(
        each.text is not None and (is_placeholder(name, each.text) or _is_sentence(each.text))
        for each in parts
    )


def _is_sentence(text: str) -> bool:
    words = text.split()
    spoken = len(words) >= _SENTENCE and not _SPOKEN.isdisjoint(map(str.lower, words))
    return spoken and all(map(_WORD.fullmatch, words))


def _block_with(declared: Declared, name: str) -> Node | None:
    """The block that holds the secret: the body, or for OAuth what the vendor's settings are in."""
    if declared.type != "aws_bedrockagentcore_oauth2_credential_provider":
        return declared.body
    return next((node for node in declared.body.walk() if node.child(name) is not None), None)


def _plain_parameter(declared: Declared) -> bool:
    kind = declared.body.get("type")
    return declared.type == "aws_ssm_parameter" and (kind is None or kind.raw != "SecureString")


def _names(declared: Declared) -> tuple[str, ...]:
    database = declared.body.get("database_name")
    return declared.title, declared.name, database.raw if database is not None else ""
