"""The texts of a document's nodes: what each is called, and the names that lead to it."""

from collections.abc import Iterable, Iterator

from agentaudit.extract.credentials.recognition import may_be_named
from agentaudit.readers.document import MAPPING, SEQUENCE, STRING, Node

Route = tuple["Route | None", str]
"""The names that lead to a node, the last first; most are never asked for."""
NamedText = tuple[str, Node, Route]
"""What a node is called, the node, and the names that lead to it."""
_VALUES = {"value": "name", "Value": "Name", "ParameterValue": "ParameterKey"}
_SEALED = "encryptedData"
"""Of a SealedSecret: only the controller in the cluster can read it."""
_KEPT_UNDER = "secretKey"
_KEPT_IN = frozenset({"remoteRef", "remoteKey", "sourceRef", "secretName", "secretRef", "envVar"})
"""
Beside where a secret is kept, `secretKey` is under which key: so of an ExternalSecret. Beside
`envVar`, the variable that it becomes, too: so of a pipeline of Kubeflow.
"""
_KEYS_THERE = "secretRefKey"
"""Under which keys a Secret has what is called so here: of charts that take one by `secretRef`."""
_TEXTUAL = frozenset({MAPPING, SEQUENCE, STRING})


def named_texts(node: Node, route: str = "", *, shows: bool = True) -> list[NamedText]:
    """All texts of a node; where no look tells of a credential, those with a name that may."""
    found: list[NamedText] = []
    _gather(found, [("value", node, (None, route))], shows=shows)
    return found


def dotted(route: Route) -> str:
    """The names that lead to a text, the first of them first."""
    names: list[str] = []
    above: Route | None = route
    while above is not None:
        above, name = above
        names.append(name)
    return ".".join(reversed(names))


def _gather(found: list[NamedText], places: Iterable[NamedText], *, shows: bool) -> None:
    """The texts at some places and below them, in their order; readers limit how deep that is."""
    for at in places:
        name, node, _ = at
        if node.kind is not STRING:
            _gather(found, _within(at), shows=shows)
        elif shows or may_be_named(name):
            found.append(at)


def _within(at: NamedText) -> Iterator[NamedText]:
    """What stands right below a node and may be a text, or hold some."""
    name, node, path = at
    below = (path, name)
    keys = {key.raw for key, _ in node.entries}
    named = "" if _VALUES.keys().isdisjoint(keys) else _named_beside(node)
    hidden = (_SEALED, _KEYS_THERE, "" if _KEPT_IN.isdisjoint(keys) else _KEPT_UNDER)
    for key, value in node.entries:
        if value.kind in _TEXTUAL and key.raw not in hidden:
            yield named if named and key.raw in _VALUES else key.raw, value, below
    for number, element in enumerate(node.elements):
        if element.kind in _TEXTUAL:
            yield name, element, (below, str(number))


def _named_beside(node: Node) -> str:
    """What a value is called by another member: `{name: DB_PASSWORD, value: …}`."""
    value = next((key.raw for key, _ in node.entries if key.raw in _VALUES), "")
    return node.text_at(_VALUES[value]) or node.text_at("key") if value else ""
