"""One module of a plan of Terraform, asked as one of sources is, with what planning settled."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import ClassVar

from msgspec import field
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.resolver import LONGEST_TEXT
from agentaudit.extract.terraform.blocks import Member
from agentaudit.extract.terraform.modules import Declared, Module, split_index
from agentaudit.extract.terraform.names import ALIASES, computed, name_attribute
from agentaudit.extract.terraform.overlay import LATER, Overlay, withheld
from agentaudit.extract.terraform.plan_sources import MODES, key_of
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.hcl.values import Folder, Resolved, element_node, pairs_of
from agentaudit.readers.planned_parts import (
    ConfiguredModule,
    Key,
    Part,
    Plan,
    PlannedResource,
)

INDEX = regex(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
"""`[0]` or `["eu"]`, of an instance."""
_DEEPEST_REFERENCE = 20
_MOST_REFERENCES = 1_000
"""Of one value."""
_PART_OF = regex(r"[.\[]")
"""Where the name of a whole ends, in a reference to a part of it."""


class PlannedModule(Module, kw_only=True):
    """One module of a plan; its bodies are those of its sources, where they are at hand."""

    from_plan: ClassVar[bool] = True
    document: Document
    plan: Plan
    path: str
    """Its address without indices: `module.agents`; empty for the root."""
    configured: ConfiguredModule
    planned: dict[Key, list[PlannedResource]] = field(default_factory=dict)
    above: "PlannedModule | None" = None
    passed: Part | None = None
    """What the module above passes."""
    below: dict[str, "PlannedModule"] = field(default_factory=dict)
    _settled: dict[Part, Node] = field(default_factory=dict)
    _made: dict[Part, Declared] = field(default_factory=dict)
    _keys: dict[str, list[Key]] = field(default_factory=dict)
    _parts: dict[Part, dict[str, Node]] = field(default_factory=dict)
    """What modules are passed, and their outputs, by name."""
    _led_to: dict[str, Node] = field(default_factory=dict)
    """What references stand for; one that leads to itself for nothing that is known."""

    def declared(self, kind: str, types: tuple[str, ...]) -> tuple[Declared, ...]:
        """What the sources have of some types, and what only the plan has."""
        key = ("all", kind, *types)
        if key not in self._folded:
            only_planned = tuple(
                self._only_planned(instance)
                for resource in self._unwritten(kind)
                if ALIASES.get(resource[1], resource[1]) in types
                for instance in self.planned[resource]
                if instance.part in self._made or not self.plan.exhausted
            )
            self._folded[key] = (*Module.declared(self, kind, types), *only_planned)
        return self._folded[key]

    def types(self) -> Iterable[str]:
        planned = (ALIASES.get(type_, type_) for _, type_, _ in self.planned)
        return chain(Module.types(self), planned)

    def data_source(self, type_: str, name: str) -> tuple[Declared, ...]:
        """One data source by its label, of the sources or of the plan alone."""
        planned = self.planned.get((MODES["data"], type_, name), ())
        found = Module.data_source(self, type_, name)
        return found or tuple(self._only_planned(instance) for instance in planned)

    def _unwritten(self, kind: str) -> Sequence[Key]:
        """What only the plan has."""
        if kind not in self._keys:
            written = {key_of(member) for member in self.members(kind)}
            of_kind = (key for key in self.planned if key[0] == MODES[kind])
            self._keys[kind] = [key for key in of_kind if key not in written]
        return self._keys[kind]

    def instances(self, member: Member) -> Iterator[Declared]:
        """The instances that are planned; what the plan does not know is read from the source."""
        key = key_of(member)
        found = self.planned.get(key, [])
        if not found and (key[0] != "managed" or key not in self.configured.resources):
            yield from Module.instances(self, member)
        for instance in found:
            folder = self._bound(member, instance)
            declared = self._instance(member, folder, self._name(instance))
            overlay = Overlay(declared.header)
            body = overlay.body(declared.body, self._values(instance))
            yield replace(declared, body=body, label=self._label(instance))

    def _bound(self, member: Member, instance: PlannedResource) -> Folder:
        """What folds a block's expressions for one of its instances."""
        folder = self.folder_for(member.document)
        each = member.block.body.attribute("for_each")
        if each is None or not instance.index:
            return folder
        text = instance.index[2:-2]
        key = _unknown(LATER).changed(kind=NodeKind.STRING, raw=text)
        pairs = pairs_of(folder.fold(each.value)) or []
        value = next((value for name, value in pairs if text in (name.raw, value.raw)), None)
        return folder.binding(each=element_node(key, value or _unknown(LATER)))

    def _only_planned(self, instance: PlannedResource) -> Declared:
        if instance.part not in self._made:
            self._made[instance.part] = self._from_plan(instance)
        return self._made[instance.part]

    def _from_plan(self, instance: PlannedResource) -> Declared:
        values = self._values(instance)
        part = self.configured.resources.get(instance.key)
        base = self.expression(self.plan.node(part).get("expressions"), 0) if part else None
        return Declared(
            type=ALIASES.get(instance.key[1], instance.key[1]),
            name=self._name(instance),
            document=self.document,
            header=values.changed(kind=NodeKind.STRING, raw=instance.key[2], entries=()),
            body=Overlay(None).body(base, values),
            module=self,
            label=self._label(instance),
        )

    def _values(self, instance: PlannedResource) -> Node:
        """What planning settled; read once, however many references ask for it."""
        if instance.part not in self._settled:
            self._settled[instance.part] = self._read_values(instance)
        return self._settled[instance.part]

    def _read_values(self, instance: PlannedResource) -> Node:
        resource = self.plan.node(instance.part)
        values = resource.get("values")
        if values is None or values.kind is not NodeKind.MAPPING:
            return resource.changed(entries=())
        marks = resource.get("sensitive_values")
        return withheld(values, marks).changed(line=resource.line, column=resource.column)

    def _name(self, instance: PlannedResource) -> str:
        indices = "".join(INDEX.findall(instance.module)) + instance.index
        alone = len(self.planned[instance.key]) == 1 and indices == "[0]"
        return instance.key[2] + ("" if alone else indices)

    def _label(self, instance: PlannedResource) -> str:
        """Its address, where the name alone does not say it."""
        if not instance.module:
            return ""
        data = "data." if instance.key[0] == "data" else ""
        return f"{instance.module}.{data}{instance.key[1]}.{instance.key[2]}{instance.index}"

    # What references stand for.

    def attribute(self, type_: str, name: str, rest: list[str]) -> Resolved | None:
        """An attribute as planned, or computed from the planned name, or as the source has it."""
        index, inner = split_index(rest)
        attribute = inner[0] if inner else ""
        found = self.planned.get(("managed", type_, name), [])
        if attribute and len(found) == 1:
            values = self._values(found[0])
            value, title = values.get(attribute), values.get(name_attribute(type_))
            if value is not None and value.text is not None:
                return Resolved(node=value, parts=3 + len(index))
            text = computed(type_, attribute, title.text) if title and title.text else ""
            if text:
                node = values.changed(kind=NodeKind.STRING, raw=text, entries=())
                return Resolved(node=node, parts=3 + len(index))
        return Module.attribute(self, type_, name, rest)

    def expression(self, node: Node | None, depth: int) -> Node | None:
        """What the configuration says of a value: a constant, or what it refers to."""
        if node is None or depth > _DEEPEST_REFERENCE:
            return None
        if node.kind is NodeKind.SEQUENCE:
            blocks = (self.expression(element, depth + 1) for element in node.elements)
            return node.changed(elements=tuple(block for block in blocks if block is not None))
        constant, references = node.get("constant_value"), node.get("references")
        if constant is not None:
            return constant
        if references is not None and references.kind is NodeKind.SEQUENCE:
            return self._referred(references.texts(), depth) or _unknown(LATER, node)
        entries = ((key, self.expression(value, depth + 1)) for key, value in node.entries)
        return node.changed(
            entries=tuple((key, value) for key, value in entries if value is not None)
        )

    def _referred(self, references: tuple[str, ...], depth: int) -> Node | None:
        """What a value is made from, as far as the plan says; the value itself is not known."""
        listed = references[:_MOST_REFERENCES]
        parts = {each[: mark.start()] for each in listed for mark in _PART_OF.finditer(each)}
        found = [self._followed(one, depth + 1) for one in listed if one not in parts]
        if len(found) == 1 and found[0].kind is NodeKind.MAPPING:
            return found[0]
        raw = ", ".join(dict.fromkeys(node.raw for node in found if node.raw))
        if len(references) > _MOST_REFERENCES or len(raw) > LONGEST_TEXT:
            self.plan.note("a value that is made of too many others; some were not followed")
        return found[0].changed(kind=NodeKind.UNKNOWN, raw=raw[:LONGEST_TEXT]) if found else None

    def _followed(self, reference: str, depth: int) -> Node:
        """A reference, followed once to the module above or below that decides it."""
        if reference not in self._led_to:
            self._led_to[reference] = _unknown(reference)
            found = self._decided(reference, depth)
            self._led_to[reference] = found or _unknown(reference)
        return self._led_to[reference]

    def _named(self, part: Part, name: str) -> Node | None:
        """One of the members of a part that is read once."""
        if part not in self._parts:
            self._parts[part] = dict(self.plan.node(part).items())
        return self._parts[part].get(name)

    def _decided(self, reference: str, depth: int) -> Node | None:
        parts = INDEX.sub("", reference).split(".")
        node: Node | None = None
        match parts if depth < _DEEPEST_REFERENCE else ():
            case ("var", name, *_) if self.above is not None and self.passed is not None:
                node = self.above.expression(self._named(self.passed, name), depth)
            case ("module", name, output, *_) if name in self.below:
                child = self.below[name]
                part = child.configured.outputs
                found = child._named(part, output) if part is not None else None  # noqa: SLF001, of its own kind
                node = child.expression(found.get("expression"), depth) if found else None
            case ("data", type_, name, *_) if type_ in self.special:
                sources = (item for item in self.data_source(type_, name) if item.name == name)
                node = next((self.special[type_](self, item) for item in sources), None)
            case (type_, name, attribute, *_) if "_" in type_:
                resolved = self.attribute(type_, name, [attribute])
                node = resolved.node if resolved is not None else None
        return node


def _unknown(raw: str, place: Node | None = None) -> Node:
    if place is not None:
        return place.changed(kind=NodeKind.UNKNOWN, raw=raw, entries=(), elements=())
    return Node(kind=NodeKind.UNKNOWN, line=1, column=1, end_line=1, end_column=1, raw=raw)
