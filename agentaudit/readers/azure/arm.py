"""
ARM templates as trees of `syntax`: parameters, variables, resources, and what they nest.

Source: Microsoft Learn, "Understand the structure and syntax of ARM templates", "Resource iteration
in ARM templates", "Use linked and nested templates" (whose expressions speak of the outer template
unless their scope is `inner`), "Parameter files".
"""

import re
from collections.abc import Iterator

from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.arm_expressions import is_expression, loop_of, value_of
from agentaudit.readers.azure.syntax import Expression, Parameter, Template
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import Place, place_of

_TAKEN = re.compile(r"\$\{\w+(?:=(?P<default>[^{}$]*))?\}")
DEPLOYMENT = "microsoft.resources/deployments"
_SCOPES = {
    "subscriptiondeploymenttemplate": "subscription",
    "managementgroupdeploymenttemplate": "managementGroup",
    "tenantdeploymenttemplate": "tenant",
}


def arm_template(root: Node) -> Template:
    """What a template's JSON declares; `open` where only an expression knows."""
    schema = root.text_at("$schema").lower()
    scope = next((found for name, found in _SCOPES.items() if name in schema), "resourceGroup")
    reading = _Reading()
    resources = tuple(reading.resources(root))
    return Template(
        scope=scope,
        parameters={
            name.lower(): _parameter(name, each) for name, each in _members(root, "parameters")
        },
        variables=_variables(root),
        resources=resources,
        modules=tuple(reading.modules),
        open=tuple(reading.open),
        caseless=True,
    )


def arm_values(root: Node) -> dict[str, Expression]:
    """
    What a file of values gives.

    Not what a vault keeps, and not what the Azure Developer CLI takes from the environment: only a
    deployment knows. It writes `${NAME}` and `${NAME=default}` (Microsoft Learn, "Azure Developer
    CLI environment variables").
    """
    found = {}
    for name, given in _members(root, "parameters"):
        value = given.get("value")
        taken = _TAKEN.fullmatch(value.raw) if value is not None else None
        if value is None or (taken is not None and not taken["default"]) or "$(" in value.raw:
            continue
        default = value.changed(raw=taken["default"]) if taken is not None else value
        if "${" not in default.raw:
            found[name.lower()] = value_of(default)
    return found


def _members(root: Node, name: str) -> tuple[tuple[str, Node], ...]:
    node = root.get(name)
    return tuple(node.items()) if node is not None else ()


def _parameter(name: str, node: Node) -> Parameter:
    type_, default = node.text_at("type"), node.get("defaultValue")
    return Parameter(
        name=name,
        place=place_of(node),
        type=type_,
        secure=type_.lower() in {"securestring", "secureobject"},
        default=value_of(default) if default is not None else None,
    )


def _variables(root: Node) -> dict[str, Expression]:
    node = root.get("variables")
    whole = value_of(node) if node is not None else None
    entries = whole.entries if isinstance(whole, syntax.Object) else ()
    return {key.raw.lower(): value for key, value in entries if isinstance(key, syntax.Literal)}


class _Reading:
    """The resources of one template while they are gathered."""

    def __init__(self) -> None:
        self.modules: list[syntax.Module] = []
        self.open: list[Place] = []

    def resources(self, node: Node) -> Iterator[syntax.Resource]:
        """Those of a list, or of a mapping of symbols; what only an expression knows is open."""
        listed = node.get("resources")
        if listed is None:
            return
        if listed.kind not in (NodeKind.MAPPING, NodeKind.SEQUENCE):
            self.open.append(place_of(listed))
        members = list(listed.items()) or [("", each) for each in listed.elements]
        for symbol, each in members:
            if each.text_at("type").lower() == DEPLOYMENT:
                self.modules.append(deployment_module(symbol, each))
            elif each.kind is NodeKind.MAPPING:
                yield self.resource(symbol, each)
            else:
                self.open.append(place_of(each))

    def resource(self, symbol: str, node: Node) -> syntax.Resource:
        """One resource, and those that stand within it."""
        type_, condition, existing = (node.get(name) for name in ("type", "condition", "existing"))
        place = place_of(type_ or node)
        return syntax.Resource(
            symbol=symbol,
            type=value_of(type_) if type_ is not None else syntax.Opaque(place=place, source=""),
            place=place,
            body=value_of(_without(node, "resources", "copy", "condition")),
            condition=value_of(condition) if condition is not None else None,
            loop=_loop(node),
            existing=existing is not None and existing.boolean is True,
            children=tuple(self.resources(node)),
        )


def _loop(node: Node) -> syntax.Loop | None:
    copy = node.get("copy")
    return loop_of(copy) if copy is not None and copy.kind is NodeKind.MAPPING else None


def _without(node: Node, *names: str) -> Node:
    return node.changed(
        entries=tuple((key, value) for key, value in node.entries if key.raw not in names)
    )


def deployment_module(symbol: str, node: Node) -> syntax.Module:
    """A deployment: of a template in place, of a file beside, or of an address."""
    condition, properties = node.get("condition"), node.get("properties") or node
    inline = properties.get("template")
    nested = inline is not None and inline.kind is NodeKind.MAPPING
    evaluated = properties.text_at("expressionEvaluationOptions", "scope").lower()
    return syntax.Module(
        symbol=symbol,
        source=_source(properties),
        place=place_of(node.get("name") or node),
        arguments=_arguments(properties),
        condition=value_of(condition) if condition is not None else None,
        loop=_loop(node),
        template=arm_template(inline) if inline is not None and nested else None,
        outer=evaluated != "inner",
    )


def _source(properties: Node) -> str:
    link = properties.get("templateLink")
    if link is None:
        return ""
    address = link.text_at("relativePath") or link.text_at("uri") or link.text_at("id")
    return "" if is_expression(address) else address


def _arguments(properties: Node) -> Expression | None:
    given = properties.get("parameters")
    if given is None or given.kind is not NodeKind.MAPPING:
        return value_of(given) if given is not None else None
    entries = []
    for key, value in given.entries:
        inner = value.get("value")
        hidden = syntax.Opaque(place=place_of(value), source="a secret of a vault")
        name = syntax.Literal(place=place_of(key), kind=NodeKind.STRING, raw=key.raw)
        entries.append((name, value_of(inner) if inner is not None else hidden))
    return syntax.Object(place=place_of(given), entries=tuple(entries))
