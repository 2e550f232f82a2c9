"""
Bicep and ARM templates: recognised; Bicep is not read.

What Bicep deploys is unknown, so a file that holds something of interest is never passed over.
Resource types: https://learn.microsoft.com/en-us/azure/templates/.
"""

import re

from agentaudit.errors import InputError, Problem
from agentaudit.readers.document import Document

UNREAD = "resources of Azure in a template that is not read"

_TYPES = (
    r"Microsoft\.(?:CognitiveServices|MachineLearningServices|BotService|Authorization/role"
    r"|ManagedIdentity|KeyVault|App/|ContainerInstance|ContainerService|Web/sites|Cache/"
    r"|DocumentDB|Search/)"
)
_RESOURCE = re.compile(
    rf"^[ \t]*resource[ \t]+\w+[ \t]+'{_TYPES}"
    r"|^[ \t]*module[ \t]+\w+[ \t]+'br[/:][^'\n]*/(?:cognitive-services|machine-learning-services"
    r"|authorization/role|managed-identity|key-vault|app/|cache/|document-db|search/)",
    re.IGNORECASE | re.MULTILINE,
)
_ARM = re.compile(r"schema\.management\.azure\.com/[^\"\s]*deploymentTemplate\.json", re.IGNORECASE)
_ARM_HOST = "schema.management.azure.com/"
_ARM_TYPE = re.compile(rf'"type"\s*:\s*"{_TYPES}', re.IGNORECASE)


_TYPE = re.compile(_TYPES, re.IGNORECASE)


def type_of_interest(type_: str) -> bool:
    """Whether a type of resources is one of identities, rights, models, secrets or stores."""
    return _TYPE.match(type_) is not None


def bicep_of_interest(text: str) -> bool:
    """Whether Bicep declares identities, rights, models, secrets, stores, or what runs agents."""
    return _RESOURCE.search(text) is not None


def arm_place(text: str) -> int | None:
    """Where an ARM template declares the first of the same; none where a text is no such thing."""
    found = _ARM_TYPE.search(text) if _ARM_HOST in text.lower() and _ARM.search(text) else None
    return found.start() if found is not None else None


def parse_bicep(file: str, text: str) -> Document:
    """InputError, always: it names the first resource that nobody looked at."""
    found = _RESOURCE.search(text)
    at = found.start() if found is not None else 0
    line = text.count("\n", 0, at) + 1
    raise InputError(Problem(file=file, message=UNREAD, line=line, column=1))
