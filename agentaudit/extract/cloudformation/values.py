"""
CloudFormation's functions as far as a template decides them.

What refers to a resource becomes the reference that Terraform would make, so that both are read by
the same code: `!GetAtt AgentRole.Arn` is `aws_iam_role.AgentRole.arn`.
"""

import re
from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.made_nodes import made_list, made_text, made_unknown
from agentaudit.extract.resolver import LONGEST_TEXT, substituted
from agentaudit.extract.terraform.names import computed
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import moved

_PLACE_IN_SUB = re.compile(r"\$\{([^!{}][^{}]*)\}")
_DEEPEST = 60
_NO_VALUE = "AWS::NoValue"
_MOST_PIECES = 1_000
_LONGEST = 1_000_000
"""Characters of a template, which CloudFormation takes from S3."""


class Template(Struct, frozen=True):
    """What references stand for: defaults of parameters, and resources by their logical ids."""

    parameters: Mapping[str, Node]
    types: Mapping[str, str]
    """Logical ids, with the types of their resources in Terraform's words."""
    names: Mapping[str, str]
    """Logical ids, with the names that their resources are given in the template."""
    mappings: Node | None = None
    conditions: Node | None = None
    _answers: dict[str, bool | None] = field(default_factory=dict)

    def given(self, values: Mapping[str, Node]) -> "Template":
        """The template with these values for its parameters."""
        return replace(self, parameters={**self.parameters, **values}, _answers={})

    def resolved(self, node: Node, depth: int = 0) -> Node:
        """A node with its functions resolved; what stays open is unknown."""
        if depth > _DEEPEST:
            return made_unknown(node, "…")
        if node.kind is NodeKind.SEQUENCE:
            found = (self.resolved(element, depth + 1) for element in node.elements)
            return node.changed(elements=tuple(each for each in found if not _left_out(each)))
        if node.kind is not NodeKind.MAPPING:
            return node
        if len(node.entries) == 1:
            key, argument = node.entries[0]
            if key.raw == "Fn::If":
                return self._chosen(node, argument, depth)
            if _is_function(key):
                return self._called(node, key.raw, self.resolved(argument, depth + 1))
        pairs = ((key, self.resolved(value, depth + 1)) for key, value in node.entries)
        return node.changed(entries=tuple(pair for pair in pairs if not _left_out(pair[1])))

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
            case "Fn::FindInMap":
                return self._looked_up(node, argument)
            case "Fn::Select" if len(argument.elements) == 2:  # noqa: PLR2004 - place, and list
                return _selected(node, *argument.elements)
            case "Fn::Split" if len(argument.elements) == 2:  # noqa: PLR2004 - mark, and text
                return _split(node, *argument.elements)
            case _:
                return made_unknown(node, function)

    def _chosen(self, node: Node, argument: Node, depth: int) -> Node:
        """What a condition decides for; nothing is known where it is open."""
        if len(argument.elements) != 3:  # noqa: PLR2004 - condition, and what follows
            return made_unknown(node, "Fn::If")
        name, yes, no = argument.elements
        answer = self.holds(name.raw, depth + 1)
        if answer is None:
            return made_unknown(node, "Fn::If")
        return self.resolved(yes if answer else no, depth + 1)

    def holds(self, name: str, depth: int) -> bool | None:
        """
        Whether a condition holds with the values that are known; None where they do not say.

        The depth goes on through values that rest on conditions, which rest on values.
        """
        if name not in self._answers:
            self._answers[name] = None  # of one that rests on itself
            written = self.conditions.child(name) if self.conditions is not None else None
            self._answers[name] = self._answer(written, depth) if written else None
        return self._answers[name]

    def _answer(self, condition: Node, depth: int) -> bool | None:
        if len(condition.entries) != 1 or depth > _DEEPEST:
            return None
        key, argument = condition.entries[0]
        if key.raw == "Condition":
            return self.holds(argument.raw, depth + 1)
        if key.raw == "Fn::Equals":
            texts = [_decided(self.resolved(each, depth + 1)) for each in argument.elements]
            known = len(texts) == 2 and None not in texts  # noqa: PLR2004 - it compares two
            return texts[0] == texts[1] if known else None
        answers = [self._answer(each, depth + 1) for each in argument.list()]
        match key.raw:
            case "Fn::Not" if len(answers) == 1 and answers[0] is not None:
                return not answers[0]
            case "Fn::And" | "Fn::Or":
                decisive = key.raw == "Fn::Or"
                if decisive in answers:
                    return decisive
                return None if None in answers else not decisive
            case _:
                return None

    def _looked_up(self, node: Node, argument: Node) -> Node:
        """A value of a mapping, by two keys that are known."""
        keys = [each.text for each in argument.elements[:3]]
        if self.mappings is None or len(keys) != 3 or None in keys:  # noqa: PLR2004 - map, two keys
            return made_unknown(node, "Fn::FindInMap")
        found = self.mappings.get(*(key or "" for key in keys))
        if found is None:
            return made_unknown(node, "Fn::FindInMap")
        return moved(found, node, file=node.file, origin=(found,))

    def _reference(self, node: Node, name: str, attribute: str) -> Node:
        """A parameter's default, or a reference to a resource."""
        if name == _NO_VALUE:
            return node.changed(kind=NodeKind.NULL, raw=name, entries=(), elements=())
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
        if length > LONGEST_TEXT and length > _most(node):
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


def _most(node: Node) -> int:
    """Characters of a text that is put together: some times what is written for it."""
    return min(_LONGEST, LONGEST_TEXT + 2 * sum(len(each.raw) for each in node.walk()))


def _left_out(node: Node) -> bool:
    """Whether a value is that of an attribute which is not there."""
    return node.kind is NodeKind.NULL and node.raw == _NO_VALUE


def _selected(node: Node, place: Node, listed: Node) -> Node:
    number = place.integer
    known = listed.kind is NodeKind.SEQUENCE and number is not None
    if not known or number is None or not 0 <= number < len(listed.elements):
        return made_unknown(node, "Fn::Select")
    return listed.elements[number]


def _split(node: Node, mark: Node, listed: Node) -> Node:
    text = _decided(listed)
    if not mark.text or text is None or text.count(mark.text) > _MOST_PIECES:
        return made_unknown(node, "Fn::Split")
    return made_list(node, tuple(made_text(listed, piece) for piece in text.split(mark.text)))


def _decided(node: Node) -> str | None:
    """A text in which nothing is open; None for any other."""
    return None if node.text is None or "${" in node.text else node.text


def is_call(node: Node) -> bool:
    """Whether a mapping stands for what a function of CloudFormation answers."""
    return any(_is_function(key) for key, _ in node.entries)


def _is_function(key: Node) -> bool:
    return key.raw == "Ref" or key.raw.startswith("Fn::")


def _piece(node: Node) -> str:
    """What a value contributes to a text; what is unknown stays visible."""
    return f"${{{node.raw}}}" if node.unknown else node.raw
