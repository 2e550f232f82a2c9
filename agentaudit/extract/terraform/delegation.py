"""
Service accounts that Terraform lets act as an administrator of a Google Workspace.

The provider `googleworkspace`, and `gsuite` before it, takes the key of an account to which the
whole domain is delegated, and `impersonated_user_email`; no resource delegates anything, which is
done in the Admin console alone. Without `oauth_scopes` it asks for those of its source
(`DefaultClientScopes`), users and groups among them.
"""

from agentaudit.extract.azure.application_permissions import Application, add_scope
from agentaudit.extract.collector import Collector
from agentaudit.extract.terraform.google_accounts import google_account, google_account_id
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.readers.document import Document, Node
from agentaudit.readers.hcl.document import body_node

_PROVIDERS = frozenset({"googleworkspace", "gsuite"})
_DEFAULT = "admin.directory.user"


def add_delegations(module: Module, collector: Collector) -> None:
    """What the accounts of a module may do for a domain; of others nothing is known but a key."""
    for member in module.members("provider"):
        if member.block.labels and member.block.labels[0] in _PROVIDERS:
            body = body_node(member.block.body, module.folder_for(member.document))
            account = _account(module, body.get("credentials"))
            if account is not None:
                _add(account, member.document, body, collector)


def _account(module: Module, credentials: Node | None) -> Declared | None:
    """The account whose key a provider has."""
    keys = module.references("google_service_account_key")
    key = keys.referred(credentials.raw) if credentials is not None else None
    return google_account(module, key.body.get("service_account_id")) if key is not None else None


def _add(account: Declared, document: Document, body: Node, collector: Collector) -> None:
    user, scopes = body.get("impersonated_user_email"), body.get("oauth_scopes")
    if user is None:
        return
    owner = Application(
        provider="google",
        name=account.title,
        key=account.key,
        document=document,
        identity=google_account_id(account),
    )
    for scope in scopes.list() if scopes is not None else (user,):
        if scopes is None:
            add_scope(collector, owner, user, _DEFAULT)
        elif scope.text:
            add_scope(collector, owner, scope, scope.text)
        else:
            effect = "what it may do for everybody is open"
            collector.leave_open(account.place(), f"a scope of {owner.name}", effect)
