"""
Functions and state machines of SAM with the roles made for them, and what Globals gives to all.

One without `Role` gets a role of its own, `<logical id>Role`, with its `Policies`: names or ARNs of
managed policies, statements, and templates of SAM. Sources: AWS SAM Developer Guide,
"AWS::Serverless::Function", "AWS::Serverless::StateMachine", "Generated CloudFormation resources",
"Globals section of the AWS SAM template", "AWS SAM policy templates".
"""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.cloudformation.lambda_roles import made_policy, made_role, made_trust
from agentaudit.extract.cloudformation.values import is_call
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.made_nodes import made_list, made_mapping, made_text
from agentaudit.extract.shared_variables import joined_variables
from agentaudit.readers.document import Document, Node, NodeKind

_FUNCTION, _MACHINE = "AWS::Serverless::Function", "AWS::Serverless::StateMachine"
_SERVICES = {_FUNCTION: "lambda", _MACHINE: "states"}
_FROM_GLOBALS = (
    *("Timeout", "MemorySize", "Runtime", "VpcConfig", "PermissionsBoundary", "LoggingConfig"),
    *("ReservedConcurrentExecutions", "KmsKeyArn"),
)
_MANAGED = "arn:aws:iam::aws:policy/"


def expanded(document: Document, collector: Collector) -> Document:
    """The template as its transform leaves it, as far as functions and their roles go."""
    listed = document.root.get("Resources")
    if listed is None or not any(type_ in document.text for type_ in _SERVICES):
        return document
    given = document.root.get("Globals", "Function")
    entries: list[tuple[Node, Node]] = []
    for key, resource in listed.entries:
        type_ = resource.text_at("Type")
        if type_ not in _SERVICES:
            entries.append((key, resource))
            continue
        shared = given if type_ == _FUNCTION else None
        properties = _with_globals(document, resource, shared, collector)
        if properties.child("Role") is None:
            role = made_text(key, f"{key.raw}Role")
            entries.append((role, _role(document, properties, _SERVICES[type_], collector)))
            reference = made_mapping(
                key, {"Fn::GetAtt": made_list(key, (role, made_text(key, "Arn")))}
            )
            properties = _with(properties, {"Role": reference})
        entries.append((key, _with(resource, {"Properties": properties})))
    resources = listed.changed(entries=tuple(entries))
    roots = (_with(document.root, {"Resources": resources}), *document.roots[1:])
    return replace(document, roots=roots)


def _with_globals(
    document: Document, resource: Node, given: Node | None, collector: Collector
) -> Node:
    """The properties of a function, with those that all functions have where it has none."""
    own = resource.get("Properties") or made_mapping(resource, {})
    if given is None:
        return own
    shared = {
        name: value
        for name in _FROM_GLOBALS
        if own.child(name) is None and (value := given.child(name)) is not None
    }
    named = (each.get("Environment", "Variables") for each in (given, own))
    variables = joined_variables(collector, document, *named)
    if variables:
        place = own.child("Environment") or given.child("Environment") or own
        names = place.changed(kind=NodeKind.MAPPING, entries=variables)
        shared["Environment"] = made_mapping(place, {"Variables": names})
    return _with(own, shared)


def _role(document: Document, properties: Node, service: str, collector: Collector) -> Node:
    policies = properties.child("Policies")
    inline, managed = [], []
    for policy in policies.list() if policies is not None else ():
        if policy.kind is not NodeKind.MAPPING:
            managed.append(_named(policy))
        elif policy.child("Statement") is not None:
            inline.append(made_policy("policy", policy))
        elif is_call(policy):
            managed.append(policy)
        else:
            for key, _ in policy.entries:
                where = evidence(document, key, key.raw)
                what = f"the policy template {plain(key.raw)} of SAM"
                collector.leave_open(where, what, "what a function may do is not wholly known")
    place = policies or properties
    return made_role(
        place,
        trust=properties.child("AssumeRolePolicyDocument") or made_trust(properties, service),
        policies=tuple(inline),
        managed=made_list(place, tuple(managed)) if managed else None,
        boundary=properties.child("PermissionsBoundary"),
    )


def _named(policy: Node) -> Node:
    """A managed policy, which SAM takes by its name alone."""
    text = policy.text or ""
    return policy if ":" in text or not text else made_text(policy, f"{_MANAGED}{text}")


def _with(node: Node, values: dict[str, Node]) -> Node:
    """A mapping with some values in place of its own, and the rest as it was."""
    kept = tuple((key, value) for key, value in node.entries if key.raw not in values)
    return node.changed(entries=(*kept, *_entries(values)))


def _entries(values: dict[str, Node]) -> Iterator[tuple[Node, Node]]:
    for name, value in values.items():
        yield made_text(value, name), value
