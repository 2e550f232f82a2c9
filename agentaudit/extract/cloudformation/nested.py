"""
Templates that other templates deploy, and the values that they hand to their parameters.

`AWS::CloudFormation::Stack` and `AWS::Serverless::Application` name a template by its path, which
`aws cloudformation package` uploads, or by the address that it was uploaded to: its last part is
then the name of a file, which is meant where one template of the audit is called so.
"""

import posixpath
from collections.abc import Mapping

from msgspec import Struct

from agentaudit.extract.cloudformation.values import Template
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import sibling
from agentaudit.extract.made_nodes import made_unknown
from agentaudit.readers.document import Document, Node, NodeKind

_LOCATIONS = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::Serverless::Application": "Location",
}
_LONGEST = 4_096
"""
Of a parameter's value, as CloudFormation takes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""
_MACRO = "Fn::Transform"
_OPEN = "what it makes is open"
Values = Mapping[str, Node]


class _Call(Struct, frozen=True):
    """Where a template deploys another."""

    caller: str
    parameters: Node | None


class Nested:
    """The values that templates get from the one that deploys them."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates
        self._called: dict[str, list[str]] = {}
        for file in templates:
            self._called.setdefault(posixpath.basename(file), []).append(file)
        self._calls: dict[str, list[_Call]] = {}
        self._known: dict[str, Values] = {}

    def read(self, document: Document, collector: Collector) -> None:
        """Which templates a template deploys; what is not among the files is left open."""
        listed = document.root.get("Resources")
        for key, resource in listed.entries if listed is not None else ():
            if key.raw == _MACRO or resource.child(_MACRO) is not None:
                place = evidence(document, key)
                collector.leave_open(place, "what a macro writes into the template", _OPEN)
            attribute = _LOCATIONS.get(resource.text_at("Type"))
            if attribute is None:
                continue
            location = resource.get("Properties", attribute)
            file = self._file(document, location)
            if file is None or file == document.file:
                what = f"the template of {plain(key.raw)} is not among the files"
                collector.leave_open(evidence(document, location or key), what, _OPEN)
                continue
            call = _Call(document.file, resource.get("Properties", "Parameters"))
            self._calls.setdefault(file, []).append(call)

    def _file(self, document: Document, location: Node | None) -> str | None:
        if location is None:
            return None
        written = location.text or location.text_at("Fn::Sub")
        beside = sibling(document.file, written)
        if written and beside in self._templates:
            return beside
        named = self._called.get(posixpath.basename(written), ())
        return named[0] if len(named) == 1 else None

    def handed(self, file: str) -> Values:
        """What the one template that deploys it hands over; what several do is not known."""
        way: list[tuple[str, _Call]] = []
        passed: set[str] = set()
        while file not in self._known and file not in passed:
            calls = self._calls.get(file, ())
            if len(calls) != 1:
                break
            way.append((file, calls[0]))
            passed.add(file)
            file = calls[0].caller
        values = self._known.get(file) or self._of_several(file)
        for below, call in reversed(way):
            template = self._templates[call.caller].given(values)
            values = {
                name: _parameter(template.resolved(value))
                for name, value in (call.parameters.items() if call.parameters is not None else ())
            }
            self._known[below] = values
        return values

    def _of_several(self, file: str) -> Values:
        calls = self._calls.get(file, ())
        given = (call.parameters for call in calls if call.parameters is not None)
        several = (each.items() for each in given if len(calls) > 1)
        return {name: made_unknown(value, "…") for items in several for name, value in items}


def _parameter(value: Node) -> Node:
    """
    What a parameter takes: a text, or a list of texts, and no more characters than are allowed.

    Lists of lists and long texts, handed from template to template, would grow beyond any bound.
    """
    pieces = value.elements if value.kind is NodeKind.SEQUENCE else (value,)
    deep = any(piece.entries or piece.elements for piece in pieces)
    if deep or sum(len(piece.raw) + 1 for piece in pieces) > _LONGEST:
        return made_unknown(value, "…")
    return value
