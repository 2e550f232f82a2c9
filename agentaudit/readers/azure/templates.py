"""
Templates of Azure: how they are recognised, and which of their resources matter.

Resource types: https://learn.microsoft.com/en-us/azure/templates/.
"""

import re

from agentaudit.expressions import regex

UNREAD = "resources of Azure in a template that is not read"

_TYPES = (
    r"Microsoft\.(?:CognitiveServices|MachineLearningServices|BotService|Authorization/role"
    r"|ManagedIdentity|KeyVault|App/|ContainerInstance|ContainerService|Web/sites|Cache/"
    r"|DocumentDB|Search/)"
)
_MODULE = regex(
    r"^br[/:].*/(?:cognitive-services|machine-learning-services|authorization/role"
    r"|managed-identity|key-vault|app/|cache/|document-db|search/|web/site|ai-)",
    re.IGNORECASE,
)
_ARM = regex(r"schema\.management\.azure\.com/[^\"\s]*deploymentTemplate\.json", re.IGNORECASE)
_ARM_HOST = "schema.management.azure.com/"
_TYPE = regex(_TYPES, re.IGNORECASE)


def type_of_interest(type_: str) -> bool:
    """Whether a type of resources is one of identities, rights, models, secrets or stores."""
    return _TYPE.match(type_) is not None


def module_of_interest(source: str) -> bool:
    """Whether a module may deploy one of the same; of another registry's, nobody knows."""
    return not source.startswith("br/public:avm/res/") or _MODULE.match(source) is not None


def is_arm(text: str) -> bool:
    """Whether a JSON text is an ARM template."""
    return _ARM_HOST in text.lower() and _ARM.search(text) is not None


def is_values(text: str) -> bool:
    """Whether a JSON text gives values to the parameters of a template."""
    return "deploymentParameters.json" in text and _ARM_HOST in text
