"""
The operations of an OpenAPI description, each of which is a tool for the agent that is given it.

Both versions are read: parameters have a `schema` in OpenAPI 3, and are one in Swagger 2.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded_yaml
from agentaudit.extract.schemas import Taken, taken_of
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.readers.document import Document, Node, NodeKind

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_SECTIONS = ("components", "definitions", "parameters", "responses")
_FIELDS = Budget("fields of an API", 20_000)
"""Of all its operations together, of bodies that several may have."""
_LONGEST = 5
"""References to references."""
_CONFIRMED = "x-requireConfirmation"
"""With which an agent of Bedrock asks its user (Amazon Bedrock User Guide, "Get user confirmation
before invoking action group function")."""


class Operation(Struct, frozen=True, kw_only=True):
    """One operation: what it is called, and what it takes and gives back."""

    name: str
    place: Node
    taken: Taken
    output_typed: Truth
    confirmed: bool


def described(
    node: Node, document: Document, documents: Documents, end: tuple[Collector, Evidence, str]
) -> Iterator[Operation]:
    """The operations of a description that stands in a file; one that cannot be read is open."""
    collector, place, name = end
    root = node if node.kind is NodeKind.MAPPING else embedded_yaml(node, document, documents)
    paths = root.child("paths") if root is not None and not node.unknown else None
    if root is None or paths is None:
        what = f"the API of {name} cannot be read"
        collector.leave_open(place, what, "what its tools do is open")
        return
    beyond = (place, f"the bodies of the API of {name}", "what its tools take is open")
    description = _Description(
        _named(root), lambda fields: collector.affords(_FIELDS, fields, beyond)
    )
    for path, item in paths.items():
        for method, operation in item.entries:
            if method.raw in _METHODS:
                yield description.operation(f"{method.raw.upper()} {path}", item, operation)


def _named(root: Node) -> Mapping[str, Node]:
    """What references lead to: `#/components/schemas/Order`."""
    found: dict[str, Node] = {}
    for section in _SECTIONS:
        held = root.child(section)
        for name, inner in held.items() if held is not None else ():
            found[f"#/{section}/{name}"] = inner
            for part, each in inner.items() if section == "components" else ():
                found[f"#/{section}/{name}/{part}"] = each
    return found


class _Description(Struct, frozen=True):
    named: Mapping[str, Node]
    affords: Callable[[int], bool]
    """Whether there is room for so many more fields, which several operations may share."""

    def operation(self, route: str, item: Node, node: Node) -> Operation:
        """One operation; the parameters of its path are its own, too."""
        given = (*self._parameters(item), *self._parameters(node), *self._fields(node))
        confirmed = node.child(_CONFIRMED)
        label = node.child("operationId")
        return Operation(
            name=label.text if label is not None and label.text else route,
            place=label or node,
            taken=taken_of(given),
            output_typed=self._output(node),
            confirmed=confirmed is not None and confirmed.raw == "ENABLED",
        )

    def _followed(self, node: Node) -> Node:
        """What a reference leads to within the description."""
        for _ in range(_LONGEST):
            target = self.named.get(node.text_at("$ref"))
            if target is None:
                return node
            node = target
        return node

    def _parameters(self, node: Node) -> Iterator[tuple[str, Node]]:
        listed = node.child("parameters")
        for each in listed.elements if listed is not None else ():
            parameter = self._followed(each)
            schema = parameter.child("schema")
            if parameter.text_at("in") == "body" and schema is not None:
                yield from self._properties(schema)
            elif parameter.text_at("name"):
                yield parameter.text_at("name"), self._followed(schema or parameter)

    def _fields(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The fields of a request's body, whatever form it has: the first that is named."""
        body = node.child("requestBody")
        content = self._followed(body).child("content") if body is not None else None
        for _, media in content.entries[:1] if content is not None else ():
            schema = media.child("schema")
            if schema is not None:
                yield from self._properties(schema)

    def _properties(self, schema: Node) -> Iterator[tuple[str, Node]]:
        """The properties of an object; anything else is one parameter, the body."""
        held = self._followed(schema)
        properties = held.child("properties")
        if properties is None or not properties.entries:
            yield "body", held
            return
        shared = held is not schema
        for name, each in properties.items():
            if shared and not self.affords(1):
                return
            yield name, self._followed(each)

    def _output(self, node: Node) -> Truth:
        """Whether some answer has a schema; one that has no content needs none."""
        responses = node.child("responses")
        answers = [
            (status, self._followed(answer))
            for status, answer in (responses.items() if responses is not None else ())
            if status.startswith("2") or status == "default"
        ]
        if any(_has_schema(answer) for _, answer in answers):
            return Truth.YES
        silent = not answers or any(status == "204" for status, _ in answers)
        return Truth.UNKNOWN if silent else Truth.NO


def _has_schema(answer: Node) -> bool:
    content = answer.child("content")
    media = (each for _, each in content.items()) if content is not None else ()
    return any(each.child("schema") is not None for each in (answer, *media))
