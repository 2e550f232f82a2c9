"""
CloudFormation's functions as far as a template decides them.

What refers to a resource becomes the reference that Terraform would make, so that both are read by
the same code: `!GetAtt AgentRole.Arn` is `aws_iam_role.AgentRole.arn`.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from agentaudit.extract.made_nodes import made_text, made_unknown
from agentaudit.extract.resolver import LONGEST_TEXT, substituted
from agentaudit.extract.terraform.names import computed
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import moved

_PLACE_IN_SUB = re.compile(r"\$\{([^!{}][^{}]*)\}")
_DEEPEST = 60
_LONGEST = 1_000_000
"""Characters of a template, which CloudFormation takes from S3."""


class Template(Struct, frozen=True):
    """What references stand for: defaults of parameters, and resources by their logical ids."""

    parameters: Mapping[str, Node]
    types: Mapping[str, str]
    """Logical ids, with the types of their resources in Terraform's words."""
    names: Mapping[str, str]
    """Logical ids, with the names that their resources are given in the template."""

    def resolved(self, node: Node, depth: int = 0) -> Node:
        """A node with its functions resolved; what stays open is unknown."""
        if depth > _DEEPEST:
            return made_unknown(node, "…")
        if node.kind is NodeKind.SEQUENCE:
            elements = tuple(self.resolved(element, depth + 1) for element in node.elements)
            return node.changed(elements=elements)
        if node.kind is not NodeKind.MAPPING:
            return node
        if len(node.entries) == 1:
            key, argument = node.entries[0]
            if _is_function(key):
                return self._called(node, key.raw, self.resolved(argument, depth + 1))
        entries = tuple((key, self.resolved(value, depth + 1)) for key, value in node.entries)
        return node.changed(entries=entries)

    def _called(self, node: Node, function: str, argument: Node) -> Node:
        match function:
            case "Ref":
                return self._reference(node, argument.raw, "id")
            case "Fn::GetAtt":
                parts = [part.raw for part in argument.elements] or argument.raw.split(".", 1)
                return self._reference(node, parts[0], ".".join(parts[1:]).lower() or "arn")
            case "Fn::Sub":
                return self._substituted(node, argument)
            case "Fn::Join" if len(argument.elements) == 2:  # noqa: PLR2004 - glue, and pieces
                return self._joined(node, *argument.elements)
            case _:
                return made_unknown(node, function)

    def _reference(self, node: Node, name: str, attribute: str) -> Node:
        """A parameter's default, or a reference to a resource."""
        if name in self.parameters:
            default = self.parameters[name]
            return moved(default, node, file=node.file, origin=(default,))
        if name in self.types:
            type_ = self.types[name]
            title = self.names.get(name, f"${{{type_}.{name}}}")
            value = computed(type_, attribute, title)
            if value and (attribute == "arn" or name in self.names):
                return made_text(node, value)
            return made_unknown(node, f"{self.types[name]}.{name}.{attribute}")
        return made_unknown(node, name)

    def _joined(self, node: Node, glue: Node, listed: Node) -> Node:
        pieces = [_piece(piece) for piece in listed.list()]
        length = sum(map(len, pieces)) + len(glue.raw) * max(len(pieces) - 1, 0)
        if length > _LONGEST:
            return made_unknown(node, "Fn::Join")
        return made_text(node, glue.raw.join(pieces))

    def _substituted(self, node: Node, argument: Node) -> Node:
        text, given = argument, dict[str, Node]()
        if argument.kind is NodeKind.SEQUENCE and argument.elements:
            text = argument.elements[0]
            given = {key: value for rest in argument.elements[1:] for key, value in rest.items()}

        def filled(match: re.Match[str]) -> str:
            name, _, attribute = match[1].partition(".")
            if name.startswith("AWS::"):
                return match[0]
            known = given.get(name)
            value = known or self._reference(node, name, attribute.lower() or "id")
            return _piece(value)

        if len(text.raw) > _LONGEST:
            return made_unknown(node, "Fn::Sub")
        # A text that grows to many times what is written stays as it is written.
        most = LONGEST_TEXT + 2 * len(text.raw)
        return made_text(node, substituted(_PLACE_IN_SUB, filled, text.raw, most=most))


def is_call(node: Node) -> bool:
    """Whether a mapping stands for what a function of CloudFormation answers."""
    return any(_is_function(key) for key, _ in node.entries)


def _is_function(key: Node) -> bool:
    return key.raw == "Ref" or key.raw.startswith("Fn::")


def _piece(node: Node) -> str:
    """What a value contributes to a text; what is unknown stays visible."""
    return f"${{{node.raw}}}" if node.unknown else node.raw
