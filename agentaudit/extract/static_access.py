"""
Whether a key or a password that never changes opens a resource, and whether secrets are rotated.

Sources: the resource pages of the Terraform registry (azurerm: keys are on unless switched off;
aws: `iam_database_authentication_enabled`, `manage_master_user_password`,
`internal_user_database_enabled`, `aws_secretsmanager_secret_rotation`), and the AWS CloudFormation
resource reference for the same properties.
"""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.extract.bounds import switch
from agentaudit.extract.terraform_modules import Declared
from agentaudit.model.evidence import Truth

SHARED_KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "azurerm_cognitive_account": ("model", ("local_auth_enabled",)),
        "azurerm_ai_services": ("model", ("local_authentication_enabled",)),
        "azurerm_search_service": ("search", ("local_authentication_enabled",)),
        "azurerm_storage_account": (
            "bucket",
            ("shared_access_key_enabled", "allow_shared_key_access"),
        ),
    }
)
"""Accounts of Azure: what they are, and the attribute that switches their keys off."""
_DATABASES = {"aws_db_instance": "password", "aws_rds_cluster": "master_password"}
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
        if body.get(_DATABASES[declared.type]) is None:
            return Truth.UNKNOWN
        iam = switch(body.get(_IAM), absent=Truth.NO)
        return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(iam, Truth.UNKNOWN)
    if declared.type == "aws_opensearch_domain":
        options = body.get("advanced_security_options")
        own = options.get("internal_user_database_enabled") if options is not None else None
        return switch(own, absent=Truth.UNKNOWN)
    return Truth.UNKNOWN


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
