"""Service accounts of Google Cloud in Terraform, and the keys that are made for them."""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.state import key_in_state
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.readers.document import Node

_KEYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "google_service_account_key": ("key_file", "service_account_id"),
        "google_storage_hmac_key": ("access_key", "service_account_email"),
        "google_apikeys_key": ("api_key", "service_account_email"),
    }
)
"""Resources that make keys: of what kind, and where they name whose."""


def add_google_accounts(module: Module, collector: Collector) -> None:
    """Every service account of a module, and the keys that it makes for some."""
    for declared in module.resources("google_service_account"):
        collector.add(_account(declared))
    for declared in module.resources(*_KEYS):
        _add_key(declared, collector)


def _account(declared: Declared) -> Identity:
    return Identity(
        id=google_account_id(declared),
        name=declared.title,
        evidence=(declared.place(),),
        provider="google",
        kind="service_account",
    )


def google_account_id(declared: Declared) -> FactId:
    """The id of a service account."""
    return fact_id("identity", declared.title, declared.key)


def google_account(module: Module, node: Node | None) -> Declared | None:
    """The service account that a value refers to, if it is one of the module's."""
    accounts = module.references("google_service_account")
    return accounts.referred(node.raw) if node is not None else None


def google_account_of(module: Module, node: Node | None) -> FactId:
    """The identity of such an account."""
    declared = google_account(module, node)
    return google_account_id(declared) if declared is not None else NOBODY


def _add_key(declared: Declared, collector: Collector) -> None:
    """A key that never expires, and that stands in the state."""
    kind, named = _KEYS[declared.type]
    credential = collector.add(key_in_state(declared, "google", kind))
    owner = google_account_of(declared.module, declared.body.get(named))
    if owner:
        collector.link(EdgeKind.AUTHENTICATES_AS, credential.id, owner, declared.place())
