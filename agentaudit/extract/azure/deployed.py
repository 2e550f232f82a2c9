"""One resource of Azure as a template deploys it."""

from msgspec import Struct

from agentaudit.extract.collector import evidence
from agentaudit.extract.settings import Setting
from agentaudit.readers.azure.nodes import open_part
from agentaudit.readers.document import Document, Node


class Deployed(Struct, frozen=True, kw_only=True):
    """One resource, with what is known of its values."""

    type: str
    """Its full type in lower case; empty where only a deployment knows it."""
    node: Node
    """Its members: `name`, `properties` and the rest."""
    document: Document
    header: Node
    """Where its type stands."""
    level: str
    """What its template is deployed to."""
    symbol: str
    key: str
    """What makes it itself: its file, the route of templates to it, and its name."""
    name: str
    """Its name, as far as it is known."""
    asked: bool = False
    """Whether the platform asks who calls, before it passes a call on."""

    def property_at(self, *path: str) -> Node | None:
        """A property; where only an expression knows what stands on the way, that expression."""
        node: Node | None = self.node
        for key in ("properties", *path):
            if node is None or node.unknown:
                return node
            node = node.child(key) or open_part(node)
        return node

    def setting(self, name: str, value: Node) -> Setting:
        """Something that the resource is given, with where its value comes from."""
        return Setting(
            key=name,
            value=value,
            document=self.document,
            route=self.key.partition("#")[2],
            via=tuple(evidence(self.document, origin) for origin in value.origin),
        )
