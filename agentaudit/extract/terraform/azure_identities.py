"""Managed identities of Azure in Terraform, and which of them a value means."""

import re

from agentaudit.expressions import regex
from agentaudit.extract.azure.identities import add_managed_identity
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.readers.document import Document, Node

AZAPI = "azapi_resource"
"""Any resource of Azure, in the words of its templates."""
_USER_ASSIGNED = "azurerm_user_assigned_identity"
AZURE_RUNTIMES = (
    *("azurerm_container_app", "azurerm_container_app_job", "azurerm_container_group"),
    *("azurerm_linux_web_app", "azurerm_windows_web_app"),
    *("azurerm_linux_web_app_slot", "azurerm_windows_web_app_slot"),
    *("azurerm_linux_function_app", "azurerm_windows_function_app"),
    *("azurerm_linux_function_app_slot", "azurerm_windows_function_app_slot"),
    *("azurerm_function_app_flex_consumption", "azurerm_logic_app_standard"),
    *("azurerm_app_service", "azurerm_function_app"),
    *("azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"),
)
"""What runs, and may have an identity that the system makes for it alone."""
_ELSEWHERE = regex(r"/userAssignedIdentities/(?P<name>[^/${}]+)$", re.IGNORECASE)


def user_assigned(module: Module, document: Document, node: Node, collector: Collector) -> FactId:
    """The identity that an id means, where files declare it or the id tells its name."""
    declared = module.references(_USER_ASSIGNED).referred(node.raw)
    if declared is not None:
        return _made(declared, collector)
    found = _ELSEWHERE.search(node.text or "")
    if found is None:
        return NOBODY
    return add_managed_identity(collector, found["name"], node.raw, evidence(document, node))


def system_assigned(declared: Declared, collector: Collector) -> FactId:
    """The identity that the system makes for a resource; nobody where it makes none."""
    block = identity_block(declared)
    kind = block.text_at("type") if block is not None else ""
    return _made(declared, collector) if "SystemAssigned" in kind else NOBODY


def identity_block(declared: Declared) -> Node | None:
    """What says which identities a resource has: a block, or a part of what `azapi` is given."""
    return declared.body.get("identity") or declared.body.get("body", "identity")


def azure_identity_of(owner: Declared, node: Node | None, collector: Collector) -> FactId:
    """The identity whose principal a value means; nobody where no file declares it."""
    if node is None:
        return NOBODY
    module = owner.module
    if isinstance(module, Stack):
        return module.identity_of(owner, node) if module.identity_of is not None else NOBODY
    return referred_identity(module, node, collector)


def referred_identity(module: Module, node: Node, collector: Collector) -> FactId:
    """The identity of a module whose principal a value means; nobody where it declares none."""
    declared = module.references(_USER_ASSIGNED, *AZURE_RUNTIMES, AZAPI).referred(node.raw)
    if declared is None:
        return NOBODY
    made = declared.type == _USER_ASSIGNED
    return _made(declared, collector) if made else system_assigned(declared, collector)


def _made(declared: Declared, collector: Collector) -> FactId:
    """The identity that a resource is, or that is made for it and called after it."""
    return add_managed_identity(collector, declared.title, declared.key, declared.place())
