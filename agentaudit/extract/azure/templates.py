"""
What Azure's templates deploy: the templates that others do not deploy, with all that they deploy.

A template deploys others: files beside it, and templates written out within it. Values pass from
one to the next, so what a resource has is known where any of them says it. What only a deployment
knows is unknown, and what cannot be followed is named. Nothing is fetched.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.azure.given import FileOfValues, files_of_values, given_by
from agentaudit.extract.azure.steps import with_second_steps
from agentaudit.extract.azure.values import Instance, Values
from agentaudit.extract.documents import Documents, sibling
from agentaudit.extract.platform_files import arm_documents
from agentaudit.readers.azure.arm import DEPLOYMENT, arm_template, deployment_module
from agentaudit.readers.azure.syntax import Module, Resource, Template
from agentaudit.readers.azure.templates import module_of_interest
from agentaudit.readers.document import Document, Node, NodeKind, bounded_name
from agentaudit.readers.places import Place, moved

_MOST_INSTANCES = 500
"""Templates that one deploys, with all that those deploy."""
_MOST_RESOURCES = 5_000
"""Of all that one template deploys; Azure takes 800 of one (Microsoft Learn, "Template limits")."""
_DEEPEST = 20
_REGISTRY = re.compile(r"^(?:br|ts)[/:]")


class Project(Struct):
    """All templates of an audit."""

    documents: Documents
    templates: Mapping[str, Template]
    sources: Mapping[str, Sequence[FileOfValues]]
    """By template: what gives values to its parameters."""
    problems: dict[str, list[tuple[Place, str]]] = field(default_factory=dict)
    """By file: what could not be followed, and where."""
    _used: dict[str, int] = field(default_factory=dict)
    _visited: set[str] = field(default_factory=set)
    _instances: int = 0
    _resources: int = 0
    _handed: list[tuple[str, Node]] = field(default_factory=list)
    """Modules that are not read, with the name that each is given."""

    def documented(self) -> Iterator[tuple[Document, Template]]:
        """Every template, with the document that it stands in."""
        for file, template in self.templates.items():
            yield self.documents.files[file], template

    def deployments(self) -> Iterator[tuple[str, tuple[Deployed, ...]]]:
        """
        What each template deploys that no other deploys, with what those do that it deploys.

        Of templates that deploy each other it is the first one.
        """
        deployed = {
            found
            for file, template in self.templates.items()
            for module in template.modules
            if (found := self.file_of(file, module)) and found != file
        }
        waiting = [file for file in self.templates if file not in deployed]
        for file in (*waiting, *self.templates):
            if file not in self._visited and not self.templates[file].using:
                yield file, tuple(self._deployment(file))

    def _deployment(self, file: str) -> Iterator[Deployed]:
        template = self.templates[file]
        self._instances = self._resources = 0
        self._handed = []
        document = self.documents.files[file]
        instance = Instance(
            template=template,
            document=document,
            documents=self.documents,
            given=given_by(self.sources.get(file, ()), template),
        )
        yield from with_second_steps(tuple(self._instance(instance)), self._handed)
        if instance.effort.exhausted or self._resources > _MOST_RESOURCES:
            self.note(
                file,
                Place(line=1, column=1, end_line=1, end_column=1),
                "more of Azure than is read of one template",
            )

    def note(self, file: str, place: Place, message: str) -> None:
        """Something that could not be followed."""
        self.problems.setdefault(file, []).append((place, message))

    def file_of(self, file: str, module: Module) -> str:
        """The file of the audit that a module is, or empty."""
        if not module.source or _REGISTRY.match(module.source):
            return ""
        found = sibling(file, module.source)
        return found if found in self.templates else ""

    def _instance(self, instance: Instance) -> Iterator[Deployed]:
        template, document = instance.template, instance.document
        self._visited.add(document.file)
        for place in template.open:
            self.note(document.file, place, "resources of Azure that only an expression knows")
        for resource in template.resources:
            yield from self._resource(instance, resource, "")
        for module in template.modules:
            for values in instance.each(module.condition, module.loop):
                yield from self._module(instance, module, values)

    def _resource(self, instance: Instance, resource: Resource, parent: str) -> Iterator[Deployed]:
        for values in instance.each(resource.condition, resource.loop):
            self._resources += 1
            if self._resources > _MOST_RESOURCES:
                return
            own = (values.folder.fold(resource.type).text or "").lower()
            relative = parent and "." not in own.partition("/")[0]
            type_ = f"{parent}/{own}" if relative else own
            if type_ == DEPLOYMENT and not resource.existing:
                yield from self._nested(instance, resource, values)
            elif not resource.existing:
                yield self._deployed(instance, resource, values, type_)
            for child in resource.children:
                yield from self._resource(instance, child, type_)

    def _nested(self, instance: Instance, resource: Resource, values: Values) -> Iterator[Deployed]:
        """A deployment that is a resource of Bicep, its template written out in JSON's words."""
        node = values.folder.fold(resource.body)
        yield from self._module(instance, deployment_module(resource.symbol, node), values)

    def _deployed(
        self, instance: Instance, resource: Resource, values: Values, type_: str
    ) -> Deployed:
        node = values.folder.fold(resource.body)
        header = moved(node, resource.place, kind=NodeKind.STRING, raw=type_, entries=())
        name = _name(node, resource.symbol)
        key = f"{instance.document.file}#{instance.route}{type_}/{resource.symbol or name}"
        self._used[key] = number = self._used.get(key, 0) + 1
        return Deployed(
            type=type_,
            node=node,
            document=instance.document,
            header=header,
            level=instance.template.scope,
            symbol=resource.symbol,
            key=f"{key}.{number}" if number > 1 else key,
            name=name,
        )

    def _module(self, instance: Instance, module: Module, values: Values) -> Iterator[Deployed]:
        file = self.file_of(instance.document.file, module)
        template = module.template or self.templates.get(file)
        if template is None:
            if module_of_interest(module.source):
                self.note(instance.document.file, module.place, _unfollowed(module))
            self._hand(module, values)
            return
        self._instances += 1
        if self._instances > _MOST_INSTANCES or instance.depth > _DEEPEST:
            self.note(
                instance.document.file,
                module.place,
                "more templates within templates than are followed",
            )
            return
        inner = instance.inner(
            template,
            self.documents.files[file] if file else instance.document,
            values,
            module,
        )
        yield from self._instance(inner)

    def _hand(self, module: Module, values: Values) -> None:
        passed = values.folder.fold(module.arguments) if module.arguments is not None else None
        name = passed.get("name") if passed is not None else None
        if name is not None and name.raw:
            self._handed.append((module.source, name))


def project(documents: Documents) -> Project:
    """The templates among all documents, as Bicep and as JSON."""
    templates: dict[str, Template] = {}
    for document in documents.of("bicep"):
        if isinstance(document.tree, Template):
            templates[document.file] = document.tree
    for document in arm_documents(documents):
        if not _compiled(document, documents):
            templates[document.file] = arm_template(document.root)
    templates = dict(sorted(templates.items()))
    return Project(documents, templates, files_of_values(documents, templates))


def _compiled(document: Document, documents: Documents) -> bool:
    """Whether a template was made from one of Bicep that is among the documents."""
    made = document.root.text_at("metadata", "_generator", "name").lower() == "bicep"
    return made and documents.at(re.sub(r"\.jsonc?$", ".bicep", document.file)) is not None


def _unfollowed(module: Module) -> str:
    if _REGISTRY.match(module.source):
        return "a module of a registry, which is not read"
    if "://" in module.source:
        return "a template at an address, which is not fetched"
    if module.source:
        return "a template that is not in the audit"
    return "a template that only an expression knows"


def _name(resource: Node, symbol: str) -> str:
    node = resource.get("name")
    if node is None or not node.raw:
        return symbol or "unnamed"
    if not node.unknown:
        return bounded_name(node.raw)
    known = re.sub(r"\$\{[^{}]*\}", "", node.raw).strip("-_ /")
    simple = known and not re.search(r"[(){}$…]", known) and known != node.raw
    return bounded_name(known if simple else symbol or node.raw)
