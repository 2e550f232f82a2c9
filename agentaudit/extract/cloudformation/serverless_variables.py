"""Variables of the Serverless Framework: what they name in a project, or what stays open."""

import re
from dataclasses import dataclass

from agentaudit.extract.documents import Documents
from agentaudit.extract.resolver import LONGEST_TEXT, Resolver, substituted
from agentaudit.readers.document import Document, Node, NodeKind

_VARIABLE = re.compile(r"\$\{(?P<source>[a-zA-Z]+)(?::|(?=\())(?P<rest>[^{}]*)\}")
_WHOLE = re.compile(rf"^{_VARIABLE.pattern}$")
_DEFAULT = re.compile(r",\s*(?P<quote>['\"]?)(?P<text>[^'\",]*)(?P=quote)\s*$")


@dataclass(slots=True)
class Variables(Resolver):
    """`${self:…}` and `${file(…)}` are looked up; what only a deployment knows stays open."""

    DEEPEST = 20
    MOST_NODES = 50_000
    document: Document
    documents: Documents

    def _scalar(self, node: Node, depth: int) -> Node:
        if node.kind is NodeKind.STRING and "${" in node.raw:
            return self._text(node, depth)
        return node

    def _text(self, node: Node, depth: int) -> Node:
        whole = _WHOLE.match(node.raw)
        if whole is None:
            text = substituted(
                _VARIABLE, lambda match: self._piece(match, depth), node.raw, most=LONGEST_TEXT
            )
            # What stood within another variable may complete that one: `${file(${self:a}.yml)}`.
            again = text != node.raw and depth < self.DEEPEST and _WHOLE.match(text) is not None
            filled = node.changed(raw=text)
            return self._text(filled, depth + 1) if again else filled
        found = self._found(whole)
        if found is not None:
            return self.resolved(found, depth + 1).changed(origin=(node,))
        given = _DEFAULT.search(whole["rest"])
        if given is not None and whole["source"] != "env":
            return node.changed(raw=given["text"])
        if whole["source"] == "env":  # as shells write it, which is known everywhere
            name = whole["rest"].partition(",")[0].strip()
            return node.changed(raw=f"${{{name}:-{given['text']}}}" if given else f"${{{name}}}")
        if whole["source"] == "ssm":
            return node.changed(raw=f"ssm:{whole['rest']}")
        return node.changed(kind=NodeKind.UNKNOWN)

    def _piece(self, match: re.Match[str], depth: int) -> str:
        found = self._found(match)
        text = self.resolved(found, depth + 1).text if found is not None else None
        given = _DEFAULT.search(match["rest"]) if found is None else None
        if given is not None and match["source"] == "opt":
            return given["text"]
        return match[0] if text is None else text

    def _found(self, match: re.Match[str]) -> Node | None:
        """What a variable names in this file, or in another one of the audit."""
        if match["source"] == "self":
            path = match["rest"].partition(",")[0].strip()
            return self.document.root.get(*path.split(".")) if path else None
        if match["source"] != "file":
            return None
        named, _, path = match["rest"].lstrip("(").partition(")")
        other = self.documents.beside(self.document, named.strip())
        if other is None or other.syntax not in {"yaml", "json"}:
            return None
        keys = path.partition(",")[0].strip().lstrip(":")
        found = other.root.get(*keys.split(".")) if keys else other.root
        return _of_file(found, other.file) if found is not None else None


def _of_file(node: Node, file: str) -> Node:
    """A node that is read within another file keeps its own place."""
    return node.changed(
        file=file,
        entries=tuple((_of_file(key, file), _of_file(value, file)) for key, value in node.entries),
        elements=tuple(_of_file(element, file) for element in node.elements),
    )
