"""What n8n exports: workflows, their nodes, and which node feeds which."""

from collections.abc import Iterator

from msgspec import Struct

from agentaudit.readers.document import Document, Node, NodeKind


class Workflow(Struct, frozen=True):
    """One workflow of an export, and which node feeds which."""

    document: Document
    root: Node
    key: str
    nodes: dict[str, Node]
    feeds: dict[str, tuple[tuple[str, str], ...]]
    """From a node's name to the nodes it is connected to, each with the kind of connection."""

    def into(self, name: str, kind: str) -> Iterator[Node]:
        """The nodes whose output of this kind goes into a node."""
        for source, targets in self.feeds.items():
            if (name, kind) in targets and source in self.nodes:
                yield self.nodes[source]

    def before(self, name: str) -> set[str]:
        """The names of all nodes whose items can reach a node."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            earlier = {
                source for source, targets in self.feeds.items() if (current, "main") in targets
            }
            waiting.extend(earlier - found)
            found |= earlier
        return found & self.nodes.keys()


def workflows_in(document: Document) -> Iterator[Workflow]:
    """The workflows of a file: one, or a list of them."""
    for number, root in enumerate(document.root.list()):
        nodes = root.child("nodes")
        if nodes is not None and any(_is_n8n(node) for node in nodes.elements):
            yield _workflow(document, root, number)


def short_type(node: Node) -> str:
    """The type of a node without its package."""
    return node.text_at("type").rpartition(".")[2]


def _is_n8n(node: Node) -> bool:
    return "n8n-nodes" in node.text_at("type") and node.child("parameters") is not None


def _workflow(document: Document, root: Node, number: int) -> Workflow:
    listed = root.child("nodes")
    nodes = {
        node.text_at("name"): node
        for node in (listed.elements if listed is not None else ())
        if node.text_at("type") and node.text_at("disabled") != "true"
    }
    feeds: dict[str, tuple[tuple[str, str], ...]] = {}
    connections = root.child("connections")
    for source, outputs in connections.items() if connections is not None else ():
        feeds[source] = tuple(
            (target.text_at("node"), target.text_at("type") or kind)
            for kind, slots in outputs.items()
            for target in slots.walk()
            if target.kind is NodeKind.MAPPING and target.text_at("node")
        )
    return Workflow(document, root, f"{document.file}#{number}", nodes, feeds)
