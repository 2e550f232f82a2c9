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
    fed: dict[tuple[str, str], dict[str, None]]
    """By a node's name and a kind of connection, the names of the nodes that feed it."""

    def into(self, name: str, kind: str) -> Iterator[Node]:
        """The nodes whose output of this kind goes into a node."""
        for source in self.fed.get((name, kind), ()):
            if source in self.nodes:
                yield self.nodes[source]

    def before(self, name: str, most: int) -> set[str]:
        """The names of all whose items can reach a node; of more than so many, only some."""
        found: set[str] = set()
        waiting = [name]
        while waiting and len(found) <= most:
            earlier = self.fed.get((waiting.pop(), "main"), {}).keys() - found
            waiting.extend(earlier)
            found |= earlier
        return found


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
        node.name_at("name"): node
        for node in (listed.elements if listed is not None else ())
        if node.text_at("type") and node.text_at("disabled") != "true"
    }
    fed: dict[tuple[str, str], dict[str, None]] = {}
    connections = root.child("connections")
    for source, outputs in connections.items() if connections is not None else ():
        for target in _targets(outputs):
            fed.setdefault(target, {})[source] = None
    return Workflow(document, root, f"{document.file}#{number}", nodes, fed)


def _targets(outputs: Node) -> Iterator[tuple[str, str]]:
    """The nodes that a node is connected to, each with the kind of connection."""
    for kind, slots in outputs.items():
        for target in slots.walk():
            if target.kind is NodeKind.MAPPING and target.text_at("node"):
                yield target.text_at("node"), target.text_at("type") or kind
