"""
Manifests of applications: what an app of Entra, Slack or GitHub asks to be allowed by itself.

Forms: Microsoft, "Microsoft Entra app manifest"; Slack, "App manifest reference"; GitHub,
"Registering a GitHub App from a manifest".
"""

import posixpath
from collections.abc import Iterator

from agentaudit.extract.azure.application_permissions import (
    Application,
    add_permission,
    add_role,
    graph_role,
)
from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.readers.document import Document, Node

_GRAPH = frozenset({"00000003-0000-0000-c000-000000000000", "Microsoft Graph"})


def extract_app_manifests(documents: Documents, collector: Collector) -> None:
    """Every manifest, by what it holds."""
    for document in documents.of("json", "yaml"):
        root = document.root
        _add_entra(root, _application(document, "azure"), collector)
        for scope in _slack_scopes(root):
            add_permission(collector, _application(document, "slack"), scope, scope.raw)
        for key, name in _github_permissions(root):
            add_permission(collector, _application(document, "github"), key, name)


def _application(document: Document, provider: str) -> Application:
    root = document.root
    name = root.text_at("displayName") or root.text_at("name")
    name = name or root.text_at("display_information", "name")
    return Application(
        provider=provider,
        name=plain(name) or posixpath.basename(document.file),
        key=f"{document.file}#application",
        document=document,
    )


def _add_entra(root: Node, owner: Application, collector: Collector) -> None:
    for api in root.list_at("requiredResourceAccess"):
        for access in api.list_at("resourceAccess"):
            role = access.child("id")
            if role is None or access.text_at("type") != "Role":
                continue
            name = graph_role(role.raw) if api.text_at("resourceAppId") in _GRAPH else ""
            add_role(collector, owner, role, name)


def _slack_scopes(root: Node) -> Iterator[Node]:
    """Scopes of administrators: they hold for a whole workspace or organisation."""
    for kind in ("bot", "user"):
        for scope in root.list_at("oauth_config", "scopes", kind):
            if scope.raw == "admin" or scope.raw.startswith("admin."):
                yield scope


def _github_permissions(root: Node) -> Iterator[tuple[Node, str]]:
    """Code and workflows together: what changes both runs code with the secrets of workflows."""
    block = root.child("default_permissions")
    if block is None:
        return
    written = {name for name, value in block.items() if value.raw in {"write", "admin"}}
    if {"contents", "workflows"} <= written:
        yield block.key_of("workflows") or block, "contents:write workflows:write"
