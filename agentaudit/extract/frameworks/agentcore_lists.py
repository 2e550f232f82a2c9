"""
What `agentcore.json` of the AgentCore CLI lists, as the resources that the CLI deploys.

Schema: https://github.com/aws/agentcore-cli (src/schema/schemas). Gateways that say nothing of who
may call let everybody in; runtimes that say nothing ask for IAM, and reach the public internet.
"""

import posixpath
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.cloudformation.templates import spelled
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.made_nodes import made_list, made_mapping, made_text, without_nulls
from agentaudit.readers.document import Document, Node
from agentaudit.readers.places import in_file

RUNTIME = "aws_bedrockagentcore_agent_runtime"
MEMORY = "aws_bedrockagentcore_memory"
_GATEWAY = "aws_bedrockagentcore_gateway"
_TARGET = "aws_bedrockagentcore_gateway_target"
_HARNESS = "aws_bedrockagentcore_harness"
_BY_ROLE = frozenset({"lambda", "lambdaFunctionArn", "smithyModel", "apiGateway", "connector"})
"""Kinds of targets that a gateway calls by its own role, unless the target says otherwise."""


class ProjectEntry(Struct, frozen=True, kw_only=True):
    """One resource of a project."""

    type: str
    place: Node
    """The node that names it."""
    body: Mapping[str, Node | None]
    """In the words of Terraform."""
    node: Node
    """As the project has it."""
    code: str | None = None
    """The folder or file of its code, from the root."""


def listed_entries(document: Document, documents: Documents) -> Iterator[ProjectEntry]:
    """Everything that a project lists, and the harnesses that it names by their folders."""
    root, base = without_nulls(document.root), _base(document)
    for name in ("runtimes", "agents"):
        for place, entry in _named(root.child(name)):
            yield _runtime(place, entry, base)
    for place, entry in _named(root.child("memories")):
        yield ProjectEntry(type=MEMORY, place=place, body=_spelled(entry), node=entry)
    for place, entry in _named(root.child("harnesses")):
        yield from _harness(place, entry, base, documents)
    for place, entry in _named(root.child("agentCoreGateways")):
        yield ProjectEntry(type=_GATEWAY, place=place, body=_spelled(entry), node=entry)
        for title, target in _named(entry.child("targets")):
            yield _target(title, target, place, documents.at(_schema_file(target, base)))


def path_below(base: str, path: str) -> str | None:
    """A path of a project from the root of the audit; None where it leads elsewhere."""
    if not path or posixpath.isabs(path) or ":" in path:
        return None
    found = posixpath.normpath(posixpath.join(base, path))
    if found == ".." or found.startswith("../"):
        return None
    return "" if found == "." else found


def _base(document: Document) -> str:
    """What the paths of a project begin at: the folder around `agentcore/`."""
    folder = folder_of(document.file)
    return folder_of(folder) if posixpath.basename(folder) == "agentcore" else folder


def _named(listed: Node | None) -> Iterator[tuple[Node, Node]]:
    """The entries of a list that have a name, with the node of that name."""
    for entry in listed.list() if listed is not None else ():
        name = entry.child("name")
        if name is not None and name.text:
            yield name, entry


def _spelled(node: Node | None) -> dict[str, Node | None]:
    return dict(spelled(node, {}).items()) if node is not None else {}


def _runtime(place: Node, entry: Node, base: str) -> ProjectEntry:
    network, listed = entry.child("networkConfig"), entry.child("envVars")
    pairs = listed.list() if listed is not None else ()
    settings = {pair.text_at("name"): pair.child("value") for pair in pairs}
    settings.pop("", None)
    return ProjectEntry(
        type=RUNTIME,
        place=place,
        body={
            "agent_runtime_name": place,
            "protocol_configuration": entry.child("protocol"),
            "network_configuration": made_mapping(
                place,
                {
                    "network_mode": entry.child("networkMode") or made_text(place, "PUBLIC"),
                    "network_mode_config": spelled(network, {}) if network is not None else None,
                },
            ),
            "lifecycle_configuration": made_mapping(
                place, _spelled(entry.child("lifecycleConfiguration"))
            ),
            "environment_variables": made_mapping(place, settings),
            "request_header_configuration": made_mapping(
                place, {"request_header_allowlist": entry.child("requestHeaderAllowlist")}
            ),
        },
        node=entry,
        code=path_below(base, entry.text_at("codeLocation")),
    )


def _harness(place: Node, entry: Node, base: str, documents: Documents) -> Iterator[ProjectEntry]:
    """
    A harness, whose own file stands in the folder that the project names.

    The CLI gives it no memory unless its file says so.
    """
    folder = path_below(base, entry.text_at("path"))
    document = documents.at(posixpath.join(folder, "harness.json")) if folder is not None else None
    if document is None:
        return
    root = in_file(without_nulls(document.root), document.file)
    body = _spelled(root)
    body.pop("execution_role_arn", None)
    body.setdefault("memory", made_mapping(place, {"disabled": made_mapping(place, {})}))
    yield ProjectEntry(type=_HARNESS, place=root.child("name") or place, body=body, node=root)


def _target(place: Node, target: Node, gateway: Node, schema: Document | None) -> ProjectEntry:
    """What a gateway calls, with the way it proves itself there, and the tools that it names."""
    endpoint, tools = target.child("endpoint"), target.child("toolDefinitions")
    if tools is None and schema is not None:
        tools = schema.root
    payload = None
    if tools is not None:
        payload = made_list(tools, tuple(spelled(tool, {}) for tool in tools.list()))
    kinds = {
        "mcp_server": made_mapping(place, {"endpoint": endpoint}) if endpoint else None,
        "lambda": made_mapping(
            place, {"tool_schema": made_mapping(place, {"inline_payload": payload})}
        )
        if payload is not None
        else None,
    }
    providers = made_list(
        place,
        tuple(made_mapping(place, {"credential_provider_type": each}) for each in _proofs(target)),
    )
    return ProjectEntry(
        type=_TARGET,
        place=place,
        body={
            "name": place,
            "gateway_identifier": made_text(gateway, f"{_GATEWAY}.{gateway.raw}.gateway_id"),
            "credential_provider_configurations": providers,
            "target_configuration": made_mapping(place, {"mcp": made_mapping(place, kinds)}),
        },
        node=target,
    )


def _proofs(target: Node) -> Iterator[Node]:
    kind = target.get("outboundAuth", "type")
    if kind is not None and kind.raw != "NONE":
        yield kind
    elif target.text_at("targetType") in _BY_ROLE:
        yield made_text(target, "GATEWAY_IAM_ROLE")


def _schema_file(target: Node, base: str) -> str:
    """The file that a target of a function names its tools in; empty where there is none."""
    named = target.text_at("lambdaFunctionArn", "toolSchemaFile")
    return path_below(base, named) or ""
