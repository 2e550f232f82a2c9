"""
What the names of one template of Azure stand for, where it is deployed once.

Each value is asked twice: as it is where nobody gives other values than the files do, and as far
as it is certain, whoever deploys; the second decides what is never deployed.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from agentaudit.extract.documents import Documents
from agentaudit.readers.azure.nodes import open_part
from agentaudit.readers.azure.syntax import (
    PARAMETERS,
    VARIABLES,
    Expression,
    Loop,
    Module,
    Template,
)
from agentaudit.readers.azure.values import Folder
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.effort import Effort, depth_of
from agentaudit.readers.places import node_at

_DEEPEST_VALUE = 60
_LOADED = frozenset({"loadjsoncontent", "loadyamlcontent"})


class Values(Struct, frozen=True):
    """What folds expressions: with all that files say, and with what is certain alone."""

    folder: Folder
    certain: Folder


class Instance(Struct, kw_only=True):
    """A template with the values that it is given."""

    template: Template
    document: Document
    documents: Documents
    given: Mapping[str, Node]
    """By name, as the template spells it, in lower case where names know no case."""
    certain: Mapping[str, Node] | None = None
    """The same as far as it is certain; None where whoever deploys may give others."""
    open: Node | None = None
    """What may give any parameter that is not among those given."""
    route: str = ""
    depth: int = 0
    """How many templates deploy it, one within the other."""
    effort: Effort = field(default_factory=Effort)
    outer: Values | None = None
    """What expressions speak of where the template is a part of another's."""
    _known: dict[tuple[bool, str, str], tuple[Node | None, int]] = field(default_factory=dict)

    @property
    def values(self) -> Values:
        """What folds the template's expressions."""
        if self.outer is not None:
            return self.outer
        return Values(self._folder(certain=False), self._folder(certain=True))

    def each(self, condition: Expression | None, loop: Loop | None) -> Iterator[Values]:
        """Values for each time that something is deployed; once, where nobody knows how often."""
        values = self.values
        if loop is None:
            if not self.effort.exhausted:
                yield from _holding(values, condition)
            return
        for folder in values.folder.each(loop):
            if folder is None:  # nobody knows how many: one stands for all of them
                folder = values.folder.binding(**_unknown_element(loop, self.document.file))  # noqa: PLW2901
            certain = values.certain.binding(
                **{name: folder.names[name] for name in (loop.item, loop.index)}
            )
            if self.effort.exhausted:
                return
            yield from _holding(Values(folder, certain), condition)

    def inner(
        self, template: Template, document: Document, values: Values, module: Module
    ) -> "Instance":
        """The instance of a template that this one deploys."""
        route = f"{self.route}{module.symbol or 'nested'}/"
        if module.template is not None and module.outer:
            return Instance(
                template=template,
                document=document,
                documents=self.documents,
                given={},
                route=route,
                depth=self.depth + 1,
                effort=self.effort,
                outer=values,
            )
        passed, certain = (
            folder.fold(module.arguments) if module.arguments is not None else None
            for folder in (values.folder, values.certain)
        )
        caseless = template.caseless
        return Instance(
            template=template,
            document=document,
            documents=self.documents,
            given=_members(passed, caseless=caseless),
            certain=_members(certain, caseless=caseless),
            open=open_part(passed) if passed is not None else None,
            route=route,
            depth=self.depth + 1,
            effort=self.effort,
        )

    def _folder(self, *, certain: bool) -> Folder:
        def resolve(space: str, name: str) -> Node | None:
            return self._resolved(space, name, certain=certain)

        return Folder(resolve=resolve, ask=self._ask, file=self.document.file, effort=self.effort)

    def _resolved(self, space: str, name: str, *, certain: bool) -> Node | None:
        """A value once it is asked for; a name that leads to itself stands for nothing."""
        name = name.lower() if self.template.caseless else name
        key = (certain, space, name)
        if key not in self._known:
            self._known[key] = None, 1
            value = self._value(space, name, certain=certain)
            weight = sum(1 for _ in value.walk()) if value is not None else 1
            if value is not None and depth_of(value, _DEEPEST_VALUE) > _DEEPEST_VALUE:
                value = None
            self._known[key] = value, weight
        value, weight = self._known[key]
        self.effort.nodes += weight
        return None if self.effort.exhausted else value

    def _value(self, space: str, name: str, *, certain: bool) -> Node | None:
        folder = self._folder(certain=certain)
        if space != PARAMETERS and name in self.template.variables:
            return folder.fold(self.template.variables[name])
        if space == VARIABLES or name not in self.template.parameters:
            return None
        given = self.certain if certain and self.certain is not None else self.given
        if name in given:
            return given[name]
        default = self.template.parameters[name].default
        asked = certain and self.certain is None
        if default is None or asked or self.open is not None:
            return None
        value = folder.fold(default)
        return None if value.kind is NodeKind.STRING and not value.raw and not self.route else value

    def _ask(self, function: str, arguments: tuple[Node, ...]) -> Node | None:
        """What a function reads from a file of the audit."""
        path = arguments[0].text if arguments else None
        if path is None or function not in _LOADED:
            return None
        found = self.documents.beside(self.document, path)
        return found.root.changed(file=found.file) if found is not None else None


def _holding(values: Values, condition: Expression | None) -> Iterator[Values]:
    """The values, unless it is certain that the condition never holds."""
    if condition is None or values.certain.fold(condition).boolean is not False:
        yield values


def _unknown_element(loop: Loop, file: str) -> dict[str, Node]:
    unknown = node_at(loop.place, NodeKind.UNKNOWN, file, raw=f"each of {loop.item.strip()}")
    return {loop.item: unknown, loop.index: unknown}


def _members(passed: Node | None, *, caseless: bool) -> dict[str, Node]:
    pairs = passed.entries if passed is not None else ()
    return {
        key.raw.lower() if caseless else key.raw: value for key, value in pairs if not key.unknown
    }
