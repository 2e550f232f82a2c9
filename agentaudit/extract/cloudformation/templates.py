"""
CloudFormation and SAM templates to facts.

Both providers describe the same cloud. A resource is put into the words of Terraform, properties in
its spelling, and then read by what reads Terraform.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.extract.cloudformation.loops import unrolled
from agentaudit.extract.cloudformation.names import AS_THEY_ARE, POLICY_OR_LIST, RENAMED, TYPES
from agentaudit.extract.cloudformation.nested import Nested
from agentaudit.extract.cloudformation.overrides import overrides_of
from agentaudit.extract.cloudformation.parameters import add_parameters
from agentaudit.extract.cloudformation.sam import expanded
from agentaudit.extract.cloudformation.serverless import projects
from agentaudit.extract.cloudformation.values import Template
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import templates
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.agents import add_agents
from agentaudit.extract.terraform.buckets import Buckets, add_open_buckets
from agentaudit.extract.terraform.classification import classify
from agentaudit.extract.terraform.eks import add_cluster_access
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.late_passes import (
    add_agent_databases,
    add_agentcore,
    add_builds,
    add_shared_resources,
)
from agentaudit.extract.terraform.listeners import add_listeners
from agentaudit.extract.terraform.logs import add_logs
from agentaudit.extract.terraform.modules import Declared
from agentaudit.extract.terraform.names import camel, name_attribute, snake
from agentaudit.extract.terraform.open_values import add_open_values
from agentaudit.extract.terraform.resource_policies import add_resource_policies
from agentaudit.extract.terraform.runtimes import add_runtimes
from agentaudit.extract.terraform.stores import add_stores
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import MAX_NAME

_RETENTION = "Retention"
"""What each way to end a log in a template is called after; the CDK has a resource for it."""


def extract_cloudformation(documents: Documents, collector: Collector) -> None:
    """Every template: identities, agents, stores, runtimes and logs."""
    found = (
        *(expanded(unrolled(document, collector), collector) for document in templates(documents)),
        *projects(documents, collector),
    )
    for document in found:
        add_parameters(document, collector)
    given = overrides_of(documents, collector)
    known = {item.file: _template(item).given(given.get(item.file, {})) for item in found}
    nested = Nested(known)
    for document in found:
        nested.read(document, collector)
    stacks = _apart(
        tuple(
            _stack(document, known[document.file].given(nested.handed(document.file)))
            for document in found
        )
    )
    read_stacks(stacks, documents, collector)


def read_stacks(stacks: tuple[Stack, ...], documents: Documents, collector: Collector) -> None:
    """What templates say in the words of Terraform, one pass over all for each concern."""
    principals = Principals(documents, collector)
    principals.read(stacks)
    for stack in stacks:
        add_agents(stack, principals, collector)
        add_agentcore(stack, principals, collector)
        buckets = Buckets(stack)
        add_resource_policies(buckets, documents, collector)
        add_shared_resources(stack, documents, collector)
        add_runtimes(stack, principals, collector)
        add_builds(stack, principals)
        add_listeners(stack, documents, collector)
        add_stores(stack, collector, state=False)
        add_open_buckets(buckets, collector)
        add_agent_databases(stack, documents, collector)
        classify(stack, collector)
        add_logs(stack, collector)
        add_cluster_access(stack, principals)
        add_open_values(stack, collector)
    for stack in stacks:
        stack.close()


def _apart(stacks: tuple[Stack, ...]) -> tuple[Stack, ...]:
    """Resources that several templates of a folder call the same are each their own."""
    files: dict[str, set[str]] = {}
    for stack in stacks:
        for declared in stack.members_by_type:
            files.setdefault(declared.key, set()).add(declared.document.file)
    for stack in stacks:
        stack.members_by_type = tuple(
            replace(declared, own_key=f"{declared.document.file}#{declared.address}")
            if len(files[declared.key]) > 1
            else declared
            for declared in stack.members_by_type
        )
    return stacks


def _template(document: Document) -> Template:
    """What references of a template stand for, as far as it says so itself."""
    listed = document.root.get("Resources")
    resources = listed.entries if listed is not None else ()
    types = {
        key.raw: TYPES.get(_raw_type(value), "aws_" + _raw_type(value).lower().replace("::", "_"))
        for key, value in resources
    }
    names = {key.raw: name for key, value in resources if (name := _given_name(value))}
    return Template(
        parameters=_defaults(document),
        types=types,
        names=names,
        mappings=document.root.get("Mappings"),
        conditions=document.root.get("Conditions"),
    )


def _stack(document: Document, template: Template) -> Stack:
    listed = document.root.get("Resources")
    resources = listed.entries if listed is not None else ()
    silent = _RETENTION not in document.text
    stack = Stack(folder=document.file, bodies=[], silent_of_logs=silent, has_state=False)
    stack.members_by_type = tuple(
        declared
        for key, value in resources
        if _raw_type(value) in TYPES
        for declared in _resources(stack, document, key, template.resolved(value))
    )
    return stack


def _raw_type(resource: Node) -> str:
    """The type of a resource as its template has it."""
    return resource.raw_at("Type")


def _given_name(resource: Node) -> str:
    """The name that a template gives to a resource, where it is a plain text of a name's length."""
    type_ = TYPES.get(_raw_type(resource), "")
    wanted, renamed = name_attribute(type_), RENAMED.get(type_, {})
    properties = resource.get("Properties")
    for key, value in properties.items() if properties is not None else ():
        if renamed.get(key, snake(key)) == wanted:
            text = value.text or ""
            return text if len(text) <= MAX_NAME else ""
    return ""


def _defaults(document: Document) -> dict[str, Node]:
    """
    Parameters with a default, which is a text; what has none is only known at deployment.

    A masked one that is empty by default asks for a secret, and stands for what is given there.
    """
    listed = document.root.get("Parameters")
    found: dict[str, Node] = {}
    for name, parameter in listed.items() if listed is not None else ():
        default = parameter.get("Default")
        if default is None or default.text is None:
            continue
        if default.text or parameter.raw_at("NoEcho").lower() != "true":
            found[name] = default
    return found


def _resources(stack: Stack, document: Document, key: Node, value: Node) -> Iterator[Declared]:
    type_ = TYPES[_raw_type(value)]
    properties = value.get("Properties") or value.changed(entries=())
    body = spelled(properties, RENAMED.get(type_, {}))
    adapt = _ADAPTED.get(type_)
    declared = Declared(
        type=type_,
        name=key.raw,
        document=document,
        header=key,
        body=adapt(body) if adapt else body,
        module=stack,
        label=key.raw,
    )
    yield declared
    if type_ == "aws_iam_policy":
        reference = key.changed(
            kind=NodeKind.UNKNOWN, raw=f"{declared.address}.arn", entries=(), elements=()
        )
        attachment = _with(declared.body, key, {"policy_arn": reference})
        yield replace(declared, type="aws_iam_policy_attachment", body=attachment)


def spelled(node: Node, renamed: Mapping[str, str]) -> Node:
    """Properties with the names that Terraform gives them, places kept."""
    if node.kind is NodeKind.SEQUENCE:
        return node.changed(elements=tuple(spelled(each, renamed) for each in node.elements))
    if node.kind is not NodeKind.MAPPING:
        return node
    entries = tuple(
        (
            key.changed(raw=renamed.get(key.raw, snake(key.raw))),
            value if _is_as_it_is(key, value) else spelled(value, renamed),
        )
        for key, value in node.entries
    )
    return node.changed(entries=entries)


def _is_as_it_is(key: Node, value: Node) -> bool:
    policy = key.raw == POLICY_OR_LIST and value.kind is NodeKind.MAPPING
    return policy or key.raw in AS_THEY_ARE


def _with(body: Node, place: Node, more: Mapping[str, Node]) -> Node:
    """A body with more attributes."""
    entries = tuple(
        (place.changed(kind=NodeKind.STRING, raw=name, entries=(), elements=()), value)
        for name, value in more.items()
    )
    return body.changed(kind=NodeKind.MAPPING, entries=(*body.entries, *entries))


def _function(body: Node) -> Node:
    image = body.get("code", "image_uri") or body.get("image_uri")
    return _with(body, body, {"image_uri": image}) if image is not None else body


def _parameter_group(body: Node) -> Node:
    """`Properties: {maxmemory-policy: …}`, or `Parameters`, as the list that Terraform has."""
    listed = body.get("properties") or body.get("parameters")
    if listed is None:
        return body
    pairs = tuple(
        _with(value.changed(entries=()), value, {"name": key, "value": value})
        for key, value in ((key.changed(raw=key.raw), value) for key, value in listed.entries)
    )
    sequence = listed.changed(kind=NodeKind.SEQUENCE, entries=(), elements=pairs)
    return _with(body, body, {"parameter": sequence})


def _tasks(body: Node) -> Node:
    """Task definitions keep the spelling that their JSON has everywhere: `valueFrom`."""
    listed = body.get("container_definitions")
    if listed is None:
        return body
    definitions = listed.changed(elements=tuple(_camel(each) for each in listed.elements))
    entries = tuple(
        (key, definitions if key.raw == "container_definitions" else value)
        for key, value in body.entries
    )
    return body.changed(entries=entries)


def _camel(node: Node) -> Node:
    if node.kind is NodeKind.SEQUENCE:
        return node.changed(elements=tuple(_camel(each) for each in node.elements))
    entries = tuple((key.changed(raw=camel(key.raw)), _camel(value)) for key, value in node.entries)
    return node.changed(entries=entries)


_ADAPTED: Mapping[str, Callable[[Node], Node]] = MappingProxyType(
    {
        "aws_lambda_function": _function,
        "aws_elasticache_parameter_group": _parameter_group,
        "aws_memorydb_parameter_group": _parameter_group,
        "aws_ecs_task_definition": _tasks,
    }
)
