"""
Service accounts that Python code lets act as any user of a Google Workspace.

`subject` and `with_subject` of the package `google-auth` ask for a user's data without that user;
they work only where an administrator delegated the whole domain to the account ("google.oauth2.
service_account module", domain-wide delegation; "google.auth.impersonated_credentials module").
Toolkits of Agno pass `delegated_user` on as the subject; scopes of those that are given none are
read in `agno/tools/google`.
"""

import ast
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from agentaudit.extract.azure.application_permissions import Application, add_scope
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import keyword
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.permissions import Identity

_ACCOUNT = "google.oauth2.service_account.Credentials"
_MAKERS = frozenset(
    {_ACCOUNT, f"{_ACCOUNT}.from_service_account_file", f"{_ACCOUNT}.from_service_account_info"}
)
_PACKAGES = ("google.oauth2", "google.auth", "agno.tools.")
_AGNO = "agno.tools."
_SCOPES_OF_AGNO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "GmailTools": ("gmail.readonly", "gmail.modify", "gmail.compose"),
        "GoogleCalendarTools": ("calendar.readonly", "calendar"),
        "GoogleSlidesTools": ("presentations", "drive.file"),
    }
)
_LONGEST = 20
"""Calls in a chain, each of what the one before gave."""
_BORROWED = "google.auth.impersonated_credentials.Credentials"


def add_delegations(
    module: Module, calls: Sequence[Call], agents: Sequence[Agent], collector: Collector
) -> None:
    """What a module's service accounts may do as any user; its agents act as they do."""
    if not any(name.startswith(_PACKAGES) for name in module.imports.values()):
        return
    makers = {call.variable: call.node for call in calls if call.name in _MAKERS}
    found = [call for call in calls if _delegates(call, module)]
    if not found:
        return
    owner = _account(module, found[0], agents, collector)
    for call in found:
        node = next(_scopes(call.node, makers), None)
        usual = _SCOPES_OF_AGNO.get(call.last, ()) if node is None else ()
        named = [*_texts(module, node), *((scope, call.node) for scope in usual)]
        for text, at in named:
            add_scope(collector, owner, module.node(at), text)
        if not named:
            place = module.place(call.node, call.last)
            effect = "what it may do for everybody is open"
            collector.leave_open(place, f"the scopes of {owner.name}", effect)


def _delegates(call: Call, module: Module) -> bool:
    """Whether a call makes credentials that stand for a user."""
    if call.last == "with_subject":
        return bool(call.node.args or call.node.keywords)
    toolkit = call.name.startswith(_AGNO)
    subject = keyword(call.node, "delegated_user" if toolkit else "subject")
    made = toolkit or call.name in _MAKERS or call.name == _BORROWED
    return made and subject is not None and module.value(subject) is not None


def _account(
    module: Module, call: Call, agents: Sequence[Agent], collector: Collector
) -> Application:
    file = module.document.file
    place = module.place(call.node, call.last)
    identity = collector.add(
        Identity(
            id=fact_id("identity", "service account", f"{file}#delegation"),
            name=f"service account in {posixpath.basename(file)}",
            evidence=(place,),
            provider="google",
            kind="service_account",
        )
    )
    for agent in agents:
        collector.link(
            EdgeKind.AUTHENTICATES_AS, agent.id, identity.id, place, confidence=Confidence.LIKELY
        )
    return Application(
        provider="google",
        name=identity.name,
        key=f"{file}#delegation",
        document=module.document,
        identity=identity.id,
    )


def _scopes(node: ast.expr, makers: Mapping[str, ast.Call]) -> Iterator[ast.expr]:
    """What is asked for along a chain of calls, from its end; then by what made its first link."""
    for _ in range(_LONGEST):
        if not isinstance(node, ast.Call):
            break
        named = keyword(node, "scopes") or keyword(node, "target_scopes")
        if named is not None:
            yield named
        if not isinstance(node.func, ast.Attribute):
            return
        if node.func.attr == "with_scopes" and node.args:
            yield node.args[0]
        node = node.func.value
    if isinstance(node, ast.Name) and node.id in makers:
        made = keyword(makers[node.id], "scopes")
        yield from () if made is None else (made,)


def _texts(module: Module, node: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    """The scopes that are written out, each where it stands."""
    if node is None:
        return
    meant = module.meant(node)
    listed = meant.elts if isinstance(meant, ast.List | ast.Tuple | ast.Set) else [meant]
    for element in listed:
        for text in module.text(element).split():
            yield text, element
