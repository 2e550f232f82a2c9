"""
Secrets that templates of Azure write down: of parameters, of vaults, and of Foundry's connections.

Sources: Microsoft Learn, "ARM template best practices" (parameters for secrets are `secureString`,
and have no default), "Microsoft.KeyVault vaults/secrets", "Microsoft.CognitiveServices
accounts/connections" (`credentials`), "Microsoft.MachineLearningServices workspaces/connections",
"Microsoft.Resources deploymentScripts" (`environmentVariables`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.holdings import Holding, add_credentials, add_shown_parameter
from agentaudit.extract.credentials.literals import form_of
from agentaudit.extract.credentials.secret_names import secret_name
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.azure.syntax import Literal, Parameter, Template
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.places import node_at

_LYING = Holding(holder="repository", exposure="file")
_HARMLESS = re.compile(r"resourcetoken|unique|insight", re.IGNORECASE)
"""Names of what is made of hashes, and of where telemetry goes, which opens nothing to read."""
_SETTING = re.compile(
    r"(?:^|[-_/])(?:endpoint|ur[il]|host|name|deployment|model|version|region|location|index|port)$",
    re.IGNORECASE,
)
"""Names of what many keep in a vault beside its secrets, to have all settings in one place."""
_TEXTS = frozenset({"string", "securestring", ""})


def add_parameters(document: Document, template: Template, collector: Collector) -> None:
    """Parameters that ask for a secret: those with a literal default, and those that are shown."""
    for parameter in template.parameters.values():
        name = secret_name(parameter.name)
        if parameter.type.lower() not in _TEXTS or (name is None and not parameter.secure):
            continue
        if _add_default(document, parameter, collector) or parameter.secure or name is None:
            continue
        if parameter.default is None and not _HARMLESS.search(parameter.name):
            _add_shown(document, parameter, collector)


def _add_default(document: Document, parameter: Parameter, collector: Collector) -> bool:
    default = parameter.default
    if not isinstance(default, Literal) or default.kind is not NodeKind.STRING:
        return False
    key = parameter.name if secret_name(parameter.name) is not None else f"{parameter.name}Secret"
    value = node_at(default.place, NodeKind.STRING, raw=default.raw)
    if form_of(key, default.raw) is not CredentialForm.LITERAL:
        return False
    setting = Setting(key=key, value=value, document=document, route="parameters")
    return bool(add_credentials(collector, (setting,), _LYING))


def _add_shown(document: Document, parameter: Parameter, collector: Collector) -> None:
    """A secret that stands in the history of deployments, for whoever may read it."""
    key = node_at(parameter.place, NodeKind.STRING, raw=parameter.name)
    add_shown_parameter(collector, document, key)


def _add_vault_secret(deployed: Deployed, collector: Collector) -> None:
    """A vault keeps what nobody else should; a literal beside it stands in the repository."""
    value = deployed.property_at("value")
    if value is not None and not _SETTING.search(deployed.name):
        _add_literals(deployed, (("secret", value),), collector)


def _add_connection(deployed: Deployed, collector: Collector) -> None:
    """Keys by which agents of a project reach something else."""
    given = deployed.property_at("credentials")
    if given is not None:
        _add_literals(deployed, _keys(given), collector)


def _add_variables(deployed: Deployed, collector: Collector) -> None:
    """What a script is handed that Azure runs while it deploys: it stands in the repository."""
    listed = deployed.property_at("environmentVariables")
    for each in listed.list() if listed is not None else ():
        name, value = each.text_at("name"), each.get("value") or each.get("secureValue")
        if name and value is not None:
            _add_literals(deployed, ((name, value),), collector)


def _keys(given: Node) -> Iterator[tuple[str, Node]]:
    for name, value in given.items():
        if value.entries:  # of CustomKeys
            yield from _keys(value)
        else:
            yield name if secret_name(name) is not None else "apiKey", value


def _add_literals(
    deployed: Deployed,
    pairs: Iterable[tuple[str, Node]],
    collector: Collector,
) -> None:
    settings = tuple(
        deployed.setting(key, value)
        for key, value in pairs
        if value.text and form_of(key, value.raw) is CredentialForm.LITERAL
    )
    add_credentials(collector, settings, _LYING)


SECRETS: Mapping[str, Callable[[Deployed, Collector], None]] = MappingProxyType(
    {
        "microsoft.keyvault/vaults/secrets": _add_vault_secret,
        "microsoft.resources/deploymentscripts": _add_variables,
        "microsoft.cognitiveservices/accounts/connections": _add_connection,
        "microsoft.cognitiveservices/accounts/projects/connections": _add_connection,
        "microsoft.machinelearningservices/workspaces/connections": _add_connection,
    }
)
