"""Which keys and passwords open a resource, as each provider documents its switches."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth


def opened(type_: str, body: str) -> Truth:
    text = f'resource "{type_}" "a" {{\n{body}\n}}\n'
    return deployment_of({"main.tf": text}).resources[0].static_access


@pytest.mark.parametrize(
    ("type_", "switch"),
    [
        ("azurerm_cognitive_account", "local_auth_enabled"),
        ("azurerm_ai_services", "local_authentication_enabled"),
        ("azurerm_search_service", "local_authentication_enabled"),
        ("azurerm_storage_account", "shared_access_key_enabled"),
    ],
)
def test_keys_of_azure_are_on_unless_switched_off(type_: str, switch: str) -> None:
    assert opened(type_, 'name = "a"') is Truth.YES
    assert opened(type_, f"{switch} = true") is Truth.YES
    assert opened(type_, f"{switch} = false") is Truth.NO
    assert opened(type_, f"{switch} = var.keys") is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("body", "open_"),
    [
        ("admin_enabled = true", Truth.YES),
        ("admin_enabled = false", Truth.NO),
        ('name = "a"', Truth.NO),
        ("admin_enabled = var.admin", Truth.UNKNOWN),
    ],
)
def test_a_registry_has_an_admin_user_where_it_is_switched_on(body: str, open_: Truth) -> None:
    assert opened("azurerm_container_registry", body) is open_


def test_bicep_says_the_same_of_a_registry() -> None:
    text = """\
    resource images 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
      name: 'images'
      properties: { adminUserEnabled: true }
    }
    """
    (registry,) = deployment_of({"main.bicep": text}).resources

    assert (registry.kind, registry.static_access) == ("registry", Truth.YES)


def test_a_storage_account_has_one_switch_in_terraform() -> None:
    """`allow_shared_key_access` is a name of other tools; here it switches nothing."""
    assert opened("azurerm_storage_account", "allow_shared_key_access = false") is Truth.YES


@pytest.mark.parametrize(
    ("type_", "attribute"),
    [
        ("aws_db_instance", "password"),
        ("aws_db_instance", "password_wo"),
        ("aws_rds_cluster", "master_password"),
        ("aws_rds_cluster", "master_password_wo"),
    ],
)
def test_a_password_opens_a_database_also_where_no_state_keeps_it(
    type_: str, attribute: str
) -> None:
    identities = "iam_database_authentication_enabled = true"
    assert opened(type_, f"{attribute} = var.given") is Truth.YES
    assert opened(type_, f"{attribute} = var.given\n{identities}") is Truth.NO
    assert opened(type_, "manage_master_user_password = true") is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ("enabled = true\ninternal_user_database_enabled = true", Truth.YES),
        ("enabled = true\ninternal_user_database_enabled = false", Truth.NO),
        ("enabled = true", Truth.NO),
        ("enabled = false\ninternal_user_database_enabled = true", Truth.NO),
        ("enabled = var.fine\ninternal_user_database_enabled = true", Truth.UNKNOWN),
    ],
)
def test_users_of_opensearch_count_where_access_is_fine_grained(
    options: str, answer: Truth
) -> None:
    block = f"advanced_security_options {{\n{options}\n}}"
    assert opened("aws_opensearch_domain", block) is answer


def test_cloudformation_says_the_same_of_opensearch() -> None:
    template = """\
Resources:
  Logs:
    Type: AWS::OpenSearchService::Domain
    Properties:
      DomainName: logs
      AdvancedSecurityOptions: {Enabled: true, InternalUserDatabaseEnabled: true}
"""
    domain = deployment_of({"template.yaml": template}).resources[0]

    assert (domain.name, domain.static_access) == ("logs", Truth.YES)


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        ('authentication_mode { type = "password" }', Truth.YES),
        ('authentication_mode { type = "iam" }', Truth.NO),
        ('authentication_mode { type = "no-password-required" }', Truth.UNKNOWN),
        ("authentication_mode { type = var.mode }", Truth.UNKNOWN),
        ("passwords = [var.password]", Truth.YES),
        ('access_string = "off ~* -@all"\npasswords = [var.password]', Truth.NO),
        ("", Truth.UNKNOWN),
    ],
)
def test_a_cache_is_opened_as_its_users_are(user: str, answer: Truth) -> None:
    text = f"""
resource "aws_elasticache_replication_group" "a" {{
  user_group_ids = [aws_elasticache_user_group.agents.user_group_id]
}}
resource "aws_elasticache_user_group" "agents" {{
  user_ids = [aws_elasticache_user.agent.user_id]
}}
resource "aws_elasticache_user" "agent" {{
  user_name = "agent"
  {user}
}}
"""
    (cache,) = deployment_of({"main.tf": text}).resources

    assert cache.static_access is answer


def test_a_cache_without_users_is_opened_by_its_token() -> None:
    assert opened("aws_elasticache_replication_group", "auth_token = var.token") is Truth.YES
    assert opened("aws_elasticache_replication_group", 'auth_token = ""') is Truth.UNKNOWN
    assert opened("aws_elasticache_replication_group", "user_group_ids = var.ids") is Truth.UNKNOWN
    assert opened("aws_elasticache_serverless_cache", 'user_group_id = "x"') is Truth.UNKNOWN
    assert opened("aws_elasticache_replication_group", 'engine = "valkey"') is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("type_", "body", "rotated"),
    [
        ("azurerm_key_vault_secret", "", Truth.NO),
        ("azurerm_key_vault_secret", 'expiration_date = "2027-01-01T00:00:00Z"', Truth.YES),
        ("google_secret_manager_secret", "", Truth.NO),
        ("google_secret_manager_secret", 'ttl = "2592000s"', Truth.YES),
        ("google_secret_manager_secret", 'rotation { rotation_period = "2592000s" }', Truth.YES),
    ],
)
def test_a_secret_of_another_cloud_says_itself_when_it_ends(
    type_: str, body: str, rotated: Truth
) -> None:
    found = deployment_of({"main.tf": f'resource "{type_}" "a" {{\n  {body}\n}}\n'})

    assert [resource.rotated for resource in found.resources] == [rotated]


@pytest.mark.parametrize(
    ("type_", "argument"),
    [
        ("azurerm_key_vault_secret", "value"),
        ("google_secret_manager_secret_version", "secret_data"),
        ("github_actions_secret", "plaintext_value"),
        ("google_sql_user", "password"),
    ],
)
def test_what_a_provider_writes_into_the_state_is_told(type_: str, argument: str) -> None:
    given, kept = (
        deployment_of({"main.tf": f'resource "{type_}" "a" {{\n  {name} = var.secret\n}}\n'})
        for name in (argument, f"{argument}_wo")
    )

    assert [credential.exposure for credential in given.credentials] == ["state"]
    assert not kept.credentials


@pytest.mark.parametrize(
    ("name", "told"), [("CHAT_ID", 0), ("CHAT_BOT_TOKEN", 1), ("AWS_ACCESS_KEY_ID", 1)]
)
def test_a_number_that_github_keeps_opens_nothing(name: str, told: int) -> None:
    body = f'  secret_name = "{name}"\n  plaintext_value = var.given\n'
    found = deployment_of({"main.tf": f'resource "github_actions_secret" "a" {{\n{body}}}\n'})

    assert len(found.credentials) == told
