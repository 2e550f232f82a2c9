"""
Resources of Azure that are created first, and given their settings by a second step.

The step is a template that names the resource by the symbol of the first (`search.name`), or a
module of the registry of Azure Verified Modules, which is named after the type that it deploys and
is not read. What such a module sets is unknown.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from agentaudit.extract.azure.deployed import Deployed
from agentaudit.readers.document import Node, NodeKind

_VERIFIED = re.compile(r"avm/res/(?P<type>[a-z0-9/-]+)")


def with_second_steps(
    resources: Sequence[Deployed], unread: Iterable[tuple[str, Node]]
) -> Iterable[Deployed]:
    """
    The resources, each with the properties that a later step sets.

    `unread` are the modules that nobody reads: where each comes from, and the name it is given.
    """
    steps = {
        (resource.type, name): resource
        for resource in resources
        if (name := _name(resource)).endswith(".name")
    }
    handed: dict[str, set[str]] = {}
    for source, given in unread:
        found = _VERIFIED.search(source)
        if found is not None:
            handed.setdefault(given.raw, set()).add(found["type"].replace("-", ""))
    for resource in resources:
        step = steps.get((resource.type, f"{resource.symbol}.name"))
        if step is not None and step is not resource and resource.symbol:
            yield _changed(resource, _merged(resource.node, step.node))
        elif _is_set_elsewhere(resource, handed):
            open_ = resource.node.changed(kind=NodeKind.UNKNOWN, raw="set by a module", entries=())
            yield _changed(resource, open_)
        else:
            yield resource


def _name(resource: Deployed) -> str:
    return resource.node.raw_at("name")


def _is_set_elsewhere(resource: Deployed, handed: Mapping[str, set[str]]) -> bool:
    type_ = resource.type.removeprefix("microsoft.")
    names = {_name(resource), f"{resource.symbol}.name"}
    return any(type_.startswith(one) for name in names for one in handed.get(name, ()))


def _merged(first: Node, second: Node) -> Node | None:
    """The properties of both; where both set one, that of the second step counts."""
    later, earlier = second.child("properties"), first.child("properties")
    if later is None or earlier is None or later.unknown:
        return later or earlier
    names = {key.raw for key, _ in later.entries}
    kept = tuple(entry for entry in earlier.entries if entry[0].raw not in names)
    return later.changed(entries=(*later.entries, *kept))


def _changed(resource: Deployed, properties: Node | None) -> Deployed:
    node = resource.node
    if properties is None:
        return resource
    entries = tuple(entry for entry in node.entries if entry[0].raw != "properties")
    key = node.changed(kind=NodeKind.STRING, raw="properties", entries=())
    return replace(resource, node=node.changed(entries=(*entries, (key, properties))))
