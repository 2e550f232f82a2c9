"""
Programs of Pulumi in YAML: their resources of AWS, in the words of Terraform.

The provider is made of Terraform's, so that types and properties differ in their spelling alone:
`aws:iam/role:Role` is `aws_iam_role`, `assumeRolePolicy` is `assume_role_policy`. What a function
gives (`fn::invoke`) is unknown; resources of other providers, and programs in other languages, are
named as not read. Source:
https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from agentaudit.errors import Problem
from agentaudit.expressions import regex
from agentaudit.extract.cloudformation.templates import read_stacks
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import pulumi_programs
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.modules import Declared
from agentaudit.extract.terraform.names import snake
from agentaudit.readers.document import Document, Node, NodeKind

UNREAD = "resources of other providers than AWS in a program of Pulumi, which are not read"
UNRENDERED = "infrastructure that a program of Pulumi declares, which is not read"
_TYPE = regex(r"^aws:(?P<module>\w+)(?:/\w+)?:(?P<name>\w+)$")
_REFERENCE = regex(r"\$\{(?P<name>[\w-]{1,100})(?P<rest>(?:[.\[][\w.\"\[\]-]{0,100})?)\}")
_RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "aws_rds_instance": "aws_db_instance",
        "aws_cloudtrail_trail": "aws_cloudtrail",
        "aws_s3_bucket_v2": "aws_s3_bucket",
        "aws_ec2_instance": "aws_instance",
    }
)
"""Types whose module is called otherwise."""
_BEGINNINGS = (
    ("aws_bedrock_agentcore_", "aws_bedrockagentcore_"),
    ("aws_bedrock_agent_", "aws_bedrockagent_"),
)
"""How types begin of modules that are called otherwise."""
_AS_THEY_ARE = frozenset({"variables", "environmentVariables", "tags"})
"""Mappings whose keys are the user's own."""
_JSON = "fn::toJSON"
_FUNCTION = "fn::"


def extract_pulumi(documents: Documents, collector: Collector) -> None:
    """Every program: identities, agents, stores, runtimes and logs."""
    stacks = []
    for document in pulumi_programs(documents):
        listed, runtime = document.root.get("resources"), document.root.get("runtime")
        if listed is not None:
            stacks.append(_stack(document, listed, collector))
        elif runtime is not None and _named(runtime) != "yaml":
            collector.problems.append(_problem(document, runtime, UNRENDERED))
    read_stacks(tuple(stacks), documents, collector)


def _named(runtime: Node) -> str:
    """What a program is written in."""
    return runtime.text_at("name") or runtime.raw


def _stack(document: Document, listed: Node, collector: Collector) -> Stack:
    entries = tuple((key, value) for key, value in listed.entries if value.text_at("type"))
    types = {key.raw: _type(value.text_at("type")) for key, value in entries}
    stack = Stack(folder=document.file, bodies=[])
    stack.members_by_type = tuple(
        Declared(
            type=types[key.raw],
            name=key.raw,
            document=document,
            header=key,
            body=_body(value, types),
            module=stack,
            label=key.raw,
        )
        for key, value in entries
        if types[key.raw]
    )
    other = next((value for _, value in entries if _elsewhere(value.text_at("type"))), None)
    if other is not None:
        collector.problems.append(_problem(document, other.child("type") or other, UNREAD))
    return stack


def _problem(document: Document, place: Node, message: str) -> Problem:
    return Problem(file=document.file, message=message, line=place.line, column=place.column)


def _elsewhere(type_: str) -> bool:
    """Whether a type is that of another provider, and not one of Pulumi itself."""
    return not type_.startswith(("aws:", "pulumi:", "random:", "tls:", "command:"))


def _type(written: str) -> str:
    """A type in the words of Terraform; empty for what is not AWS's."""
    found = _TYPE.match(written)
    if found is None:
        return ""
    name = f"aws_{found['module'].lower()}_{snake(found['name'])}"
    for beginning, other in _BEGINNINGS:
        if name.startswith(beginning):
            return f"{other}{name.removeprefix(beginning)}"
    return _RENAMED.get(name, name)


def _body(resource: Node, types: Mapping[str, str]) -> Node:
    properties = resource.get("properties")
    return resource.changed(entries=()) if properties is None else _spelled(properties, types)


def _spelled(node: Node, types: Mapping[str, str], *, own: bool = False) -> Node:
    """Properties as Terraform spells them, references resolved; a document of JSON as it is."""
    if node.kind is NodeKind.STRING:
        return _referring(node, types)
    if node.kind is NodeKind.SEQUENCE:
        elements = tuple(_spelled(each, types, own=own) for each in node.elements)
        return node.changed(elements=elements)
    if node.kind is not NodeKind.MAPPING:
        return node
    document = node.child(_JSON)
    if document is not None:
        return _spelled(document, types, own=True)
    if any(key.raw.startswith(_FUNCTION) for key, _ in node.entries):
        return node.changed(kind=NodeKind.UNKNOWN, raw=node.entries[0][0].raw, entries=())
    return node.changed(entries=tuple(_entries(node, types, own=own)))


def _entries(node: Node, types: Mapping[str, str], *, own: bool) -> Iterator[tuple[Node, Node]]:
    for key, value in node.entries:
        kept = own or key.raw in _AS_THEY_ARE
        name = key if own else key.changed(raw=snake(key.raw))
        yield name, _spelled(value, types, own=kept)


def _referring(node: Node, types: Mapping[str, str]) -> Node:
    """A text whose references are addresses of Terraform's, which only a program resolves."""
    whole = _REFERENCE.fullmatch(node.raw)
    if whole is not None:
        return node.changed(
            kind=NodeKind.UNKNOWN, raw=_address(whole["name"], whole["rest"], types)
        )
    if "${" not in node.raw:
        return node

    def addressed(found: re.Match[str]) -> str:
        return f"${{{_address(found['name'], found['rest'], types)}}}"

    return node.changed(kind=NodeKind.UNKNOWN, raw=_REFERENCE.sub(addressed, node.raw))


def _address(name: str, rest: str, types: Mapping[str, str]) -> str:
    type_ = types.get(name)
    return f"{type_}.{name}{snake(rest) or '.id'}" if type_ else f"var.{name}"
