"""Policies of Azure's API Management in Terraform."""

from agentaudit.extract.azure.api_management import ManagedApi, add_managed_api
from agentaudit.extract.bounds import switch
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.evidence import Evidence, Truth

_POLICIES = (
    "azurerm_api_management_policy",
    "azurerm_api_management_api_policy",
    "azurerm_api_management_product_policy",
    "azurerm_api_management_api_operation_policy",
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
                subscribed=_subscribed(declared),
            )
            add_managed_api(api, documents, collector)


def _subscribed(policy: Declared) -> Evidence | None:
    """Where the API of a policy asks for a subscription, as it does unless it says otherwise."""
    named = policy.body.get("api_name")
    known = policy.module.references("azurerm_api_management_api")
    api = known.named(named.raw) if named is not None else None
    if api is None:
        return None
    asked = api.body.get("subscription_required")
    return api.place(asked) if switch(asked, absent=Truth.YES) is Truth.YES else None
