"""
Whether a key or a password that never changes opens a resource, and whether secrets are rotated.

Sources: the resource pages of the providers' documentation (azurerm: keys are on unless switched
off; aws: `iam_database_authentication_enabled`, `password_wo`, `advanced_security_options` with
`enabled` and `internal_user_database_enabled`, `aws_secretsmanager_secret_rotation`), and the AWS
CloudFormation resource reference for the same properties.
"""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.extract.bounds import switch
from agentaudit.extract.terraform_modules import Declared
from agentaudit.model.evidence import Truth
from agentaudit.readers.document import Node

SHARED_KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "azurerm_cognitive_account": ("model", ("local_auth_enabled",)),
        "azurerm_ai_services": ("model", ("local_authentication_enabled",)),
        "azurerm_search_service": ("search", ("local_authentication_enabled",)),
        "azurerm_storage_account": ("bucket", ("shared_access_key_enabled",)),
    }
)
"""Accounts of Azure: what they are, and the attribute that switches their keys off."""
_DATABASES = {
    "aws_db_instance": ("password", "password_wo"),
    "aws_rds_cluster": ("master_password", "master_password_wo"),
}
"""A password that is only written stays out of the state, and opens the database all the same."""
_IAM = "iam_database_authentication_enabled"
_ROTATION = "aws_secretsmanager_secret_rotation"


def static_access(declared: Declared) -> Truth:
    """Whether a key or a password of its own opens a resource."""
    body = declared.body
    if declared.type in SHARED_KEYS:
        names = SHARED_KEYS[declared.type][1]
        found = (body.get(name) for name in names)
        return switch(next((node for node in found if node is not None), None), absent=Truth.YES)
    if declared.type in _DATABASES:
        if all(body.get(name) is None for name in _DATABASES[declared.type]):
            return Truth.UNKNOWN
        iam = switch(body.get(_IAM), absent=Truth.NO)
        return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(iam, Truth.UNKNOWN)
    if declared.type == "aws_opensearch_domain":
        return _own_users(body.get("advanced_security_options"))
    return Truth.UNKNOWN


def _own_users(options: Node | None) -> Truth:
    """Whether a domain of OpenSearch has users of its own; none, unless access is fine-grained."""
    if options is None:
        return Truth.UNKNOWN
    fine_grained = switch(options.get("enabled"), absent=Truth.NO)
    users = switch(options.get("internal_user_database_enabled"), absent=Truth.NO)
    if fine_grained is Truth.YES:
        return users
    return fine_grained


def rotated(declared: Declared) -> Truth:
    """Whether something in the module rotates a secret."""
    if declared.type != "aws_secretsmanager_secret":
        return Truth.UNKNOWN
    for rotation in declared.module.resources(_ROTATION):
        node = rotation.body.get("secret_id")
        text = node.raw if node is not None else ""
        bare = declared.address.partition("[")[0]
        if f"{bare}." in f"{text}." or f"{bare}[" in text or text.endswith(f":{declared.title}"):
            return Truth.YES
        if node is not None and node.unknown and "aws_secretsmanager_secret." not in text:
            return Truth.UNKNOWN
    return Truth.NO
