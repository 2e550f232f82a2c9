"""
Terraform's modules: the resources and data sources that the files of a folder declare.

References to them give names and ARNs as far as the files decide them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from msgspec import Struct, field

from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.extract.documents import folder_of
from agentaudit.extract.terraform.blocks import Member
from agentaudit.extract.terraform.names import computed, name_attribute
from agentaudit.extract.terraform.references import UNDECIDED, References, by_reference
from agentaudit.extract.terraform.sources import Sources, resolved, text_of
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Document, Node, NodeKind, bounded_name
from agentaudit.readers.hcl.document import body_node
from agentaudit.readers.hcl.syntax import Expression
from agentaudit.readers.hcl.values import Folder, Resolved, element_node, pairs_of
from agentaudit.readers.places import node_at

_MOST_INSTANCES = 50
_OF_RIGHTS = "aws_iam_"
"""Resources of which another instance has other rights."""


class Declared(Struct, frozen=True, kw_only=True):
    """One resource or data source of a module, its body folded."""

    type: str
    name: str
    """The label, with the key of `for_each`: `agent["eu"]`."""
    document: Document
    header: Node
    """The place of the block's type and labels."""
    body: Node
    module: "Module"
    label: str = ""
    """How its own file calls it, where that is not by its address."""
    own_key: str = ""
    """What makes it itself, where that is not its address in a module."""

    @property
    def address(self) -> str:
        return f"{self.type}.{self.name}"

    @property
    def key(self) -> str:
        """What makes it itself among all modules."""
        own = f"{folder_of(self.document.file)}#{self.module.prefix}{self.address}"
        return self.own_key or own

    def place(self, node: Node | None = None) -> Evidence:
        """Where it is declared, or a part of it, under what it is called."""
        return evidence(self.document, node or self.header, self.shown)

    @property
    def title(self) -> str:
        """Its name once it exists, or its address where that is not known."""
        named = self.body.get(name_attribute(self.type))
        return bounded_name((named.text if named else None) or self.shown)

    @property
    def shown(self) -> str:
        """How it is called before people."""
        return cleaned(self.label) if self.label else self.address


class Module(Sources):
    """One folder of Terraform files, and what it declares."""

    from_plan: ClassVar[bool] = False
    special: dict[str, Callable[["Module", Declared], Node]] = field(default_factory=dict)
    """What data sources of a type stand for, such as the JSON of a policy document."""
    prefix: str = ""
    """What its resources are told apart by, where several modules have one source."""
    has_state: bool = True
    """Whether what its resources make stands in a state; CloudFormation shows none."""
    _folded: dict[tuple[str, ...], tuple[Declared, ...]] = field(default_factory=dict)
    _instances: dict[int, tuple[Declared, ...]] = field(default_factory=dict)
    """By the identity of their block: one is asked for among several groups of types."""
    _folders: dict[int, Mapping[str, Folder]] = field(default_factory=dict)
    """What folds the instances of a block."""
    _references: dict[tuple[str, ...], References[Declared]] = field(default_factory=dict)
    _referring: dict[tuple[str, ...], Mapping[str, Sequence[Declared]]] = field(
        default_factory=dict
    )

    def forget(self) -> None:
        """Lets go of what was folded; it is folded anew for whoever asks again."""
        for kept in (
            *(self._folded, self._instances, self._folders),
            *(self._references, self._referring),
        ):
            kept.clear()

    def close(self) -> None:
        """Lets go of all: what it declares knows it, and would keep every file until the end."""
        self.forget()
        self.callers.clear()
        self.children.clear()

    def declares(self, starts: tuple[str, ...]) -> bool:
        """Whether a resource of a type that begins so is among its own."""
        return any(type_.startswith(starts) for type_ in self.types())

    def types(self) -> Iterable[str]:
        """Of its resources, some perhaps more than once."""
        return self.blocks("resource").types

    def resources(self, *types: str) -> tuple[Declared, ...]:
        """The resources of some types, `for_each` written out, those with `count = 0` left out."""
        return self.declared("resource", types)

    def data(self, *types: str) -> tuple[Declared, ...]:
        """The data sources of some types."""
        return self.declared("data", types)

    def resource(self, type_: str, name: str) -> Declared | None:
        """One resource by its label, or label and key."""
        return self.references(type_).at(f"{type_}.{name}")

    def data_source(self, type_: str, name: str) -> tuple[Declared, ...]:
        """One data source by its label, each of its instances; no other is folded for it."""
        members = self.blocks("data").labelled(type_, name)
        return tuple(declared for member in members for declared in self._folded_once(member))

    def references(self, *types: str) -> References[Declared]:
        """The resources of some types, by what values call them."""
        if types not in self._references:
            self._references[types] = References(self.resources(*types))
        return self._references[types]

    def referring(self, attribute: str, *types: str) -> Mapping[str, Sequence[Declared]]:
        """The resources of some types, by the addresses that an attribute refers to."""
        key = (attribute, *types)
        if key not in self._referring:
            found = ((item.body.get(attribute), item) for item in self.resources(*types))
            self._referring[key] = by_reference((node.raw, item) for node, item in found if node)
        return self._referring[key]

    def declared(self, kind: str, types: tuple[str, ...]) -> tuple[Declared, ...]:
        """The resources or data sources of some types."""
        if (kind, *types) not in self._folded:
            self._folded[kind, *types] = tuple(
                declared
                for member in self.blocks(kind).of_types(types)
                for declared in self._folded_once(member)
            )
        return self._folded[kind, *types]

    def _folded_once(self, member: Member) -> tuple[Declared, ...]:
        key = id(member.block)
        if key not in self._instances:
            self._instances[key] = tuple(self.instances(member))
        return self._instances[key]

    def instances(self, member: Member) -> Iterator[Declared]:
        """A resource, once for each of its instances that are known."""
        folder = self.folder_for(member.document)
        each, count = member.block.body.attribute("for_each"), member.block.body.attribute("count")
        if count is not None and folder.fold(count.value).text == "0":
            return
        bound = self._by_key(member) if each is not None else {}
        if not bound:
            yield self._instance(member, folder, member.block.labels[1])
        for key, inner in bound.items():
            yield self._instance(member, inner, f'{member.block.labels[1]}["{key}"]')

    def _by_key(self, member: Member) -> Mapping[str, Folder]:
        """What folds each instance of a `for_each`, by its key; nothing where none is known."""
        known = self._folders.get(id(member.block))
        if known is not None:
            return known
        self._folders[id(member.block)] = {}  # for what is made of itself
        folder, each = self.folder_for(member.document), member.block.body.attribute("for_each")
        pairs = (pairs_of(folder.fold(each.value)) if each is not None else None) or ()
        found: dict[str, Folder] = {}
        for key, value in pairs if len(pairs) <= _MOST_INSTANCES else ():
            key = value if key.kind is NodeKind.NUMBER else key  # noqa: PLW2901 - keys of a set
            found[key.raw] = folder.binding(each=element_node(key, value))
        self._folders[id(member.block)] = found
        return found

    def _instance(self, member: Member, folder: Folder, name: str) -> Declared:
        return Declared(
            type=member.type,
            name=name,
            document=member.document,
            header=node_at(member.block.header, NodeKind.STRING, member.document.file, raw=name),
            body=body_node(member.block.body, folder),
            module=self,
            label="" if member.type == member.block.labels[0] else ".".join(member.block.labels),
        )

    # What references stand for.

    def _value(self, route: tuple[str, ...]) -> Resolved | None:
        match route:
            case ("data", type_, name, *rest):
                return self._data_attribute(type_, name, rest)
            case (type_, name, *rest) if "_" in type_ and rest:
                return self.attribute(type_, name, rest)
            case _:
                return super()._value(route)

    def _data_attribute(self, type_: str, name: str, rest: list[str]) -> Resolved | None:
        index, rest = split_index(rest)
        if rest[:1] == ["partition"]:
            return resolved(text_of("aws"), 4 + len(index))
        if type_ not in self.special or not rest:
            return None
        found = self.data_source(type_, name)
        chosen = next((item for item in found if index and item.name.endswith(index[0])), None)
        declared = chosen or next(iter(found), None)
        if declared is None:
            return None
        return resolved(self.special[type_](self, declared), 4 + len(index))

    def attribute(self, type_: str, name: str, rest: list[str]) -> Resolved | None:
        """An attribute of a resource: as written, or as the provider will compute it."""
        index, rest = split_index(rest)
        if not rest:
            return None
        for member in self.blocks("resource").labelled(type_, name):
            key = index[0][1:-1] if index else ""
            instances = self._by_key(member) if index else {}
            bound = instances.get(key) if key else None
            written = self._written(member, rest[0], bound)
            if written is not None and not written.unknown:
                return resolved(written, 3 + len(index))
            named = self._written(member, name_attribute(type_), bound)
            known = named is not None and named.text is not None
            one_of_several = index[:1] == [UNDECIDED] and len(instances) > 1
            own = f'["{key}"]' if bound is not None else ""
            which = UNDECIDED if one_of_several and type_.startswith(_OF_RIGHTS) else own
            address = f"{type_}.{name}{which}"
            title = named.raw if named is not None and known else f"${{{address}}}"
            value = computed(type_, rest[0], title)
            return resolved(text_of(value), 3 + len(index)) if value else None
        return None

    def _written(self, member: Member, name: str, bound: Folder | None) -> Node | None:
        """An attribute, of the instance that is meant where one is."""
        found = member.block.body.attribute(name)
        if found is None or (bound is None and _depends_on_each(found.value)):
            return None
        return (bound or self.folder_for(member.document)).fold(found.value)


def split_index(rest: list[str]) -> tuple[list[str], list[str]]:
    """An index right after a resource's name, and what follows it."""
    return (rest[:1], rest[1:]) if rest and rest[0].startswith("[") else ([], rest)


def _depends_on_each(expression: Expression) -> bool:
    return "each." in expression.source or "count.index" in expression.source
