"""Policies of Azure's API Management in Terraform."""

from agentaudit.extract.api_management import ManagedApi, add_managed_api
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.terraform_modules import Module

_POLICIES = (
    "azurerm_api_management_policy",
    "azurerm_api_management_api_policy",
    "azurerm_api_management_product_policy",
)
_NAMES = ("api_name", "product_id", "api_management_name")


def add_managed_apis(module: Module, documents: Documents, collector: Collector) -> None:
    """The gateways that policies of a module make of APIs."""
    for declared in module.resources(*_POLICIES):
        policy = declared.body.get("xml_content")
        found = (declared.body.get(name) for name in _NAMES)
        name = next((node.text for node in found if node is not None and node.text), None)
        if policy is not None:
            api = ManagedApi(
                name=name or declared.shown,
                key=declared.key,
                document=declared.document,
                policy=policy,
            )
            add_managed_api(api, documents, collector)
