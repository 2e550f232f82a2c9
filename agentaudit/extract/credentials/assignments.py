"""
Secrets that a script assigns within a value: user data of a machine, a step of CI, a ConfigMap.

`export DB_PASSWORD=…` names its value as a setting does. Only names in capitals count: that is how
variables of the environment are written.
"""

from collections.abc import Iterable, Iterator

from agentaudit.expressions import regex
from agentaudit.extract.credentials.own_places import on_line, places_within
from agentaudit.extract.credentials.recognition import may_be_named
from agentaudit.extract.settings import Setting
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import lines_of

_ANY = regex(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD)[A-Z0-9_]{0,40}=[^\s=]")
_ASSIGNMENT = regex(
    r"""(?:^|[\s;"'(])(?P<name>[A-Z][A-Z0-9_]{1,60})="""
    r"""(?:\\?["'](?P<quoted>[^"'\\\n$`]{6,300})\\?["']|(?P<bare>[^\s"'\\;&|`$(){}<>]{6,300})(?=[\s;"'\\&|]|$))"""
)
_QUOTES = 4
"""Characters of the quote before a value, with all that may escape it."""
_MOST_MISSED = 5
"""Of a text that is written otherwise than it reads: to seek each value again would take long."""


def assigns_secrets(document: Document) -> bool:
    """Whether any text of a file may assign a secret."""
    return _ANY.search(document.text) is not None


def assigned_settings(document: Document, texts: Iterable[Node]) -> Iterator[Setting]:
    """What the texts of a file assign to variables whose names are those of secrets."""
    for node in texts:
        if "=" not in node.raw or _ANY.search(node.raw) is None:
            continue
        begin, missed = (node.line, node.column), 0
        for match in _ASSIGNMENT.finditer(node.raw):
            name, value = match["name"], match["quoted"] or match["bare"]
            if not may_be_named(name):
                continue
            sought = missed < _MOST_MISSED
            found = _place(document, node, begin, (f"{name}=", value)) if sought else None
            begin, missed = (begin, missed + 1) if found is None else (found, missed)
            line, column = begin
            place = node.changed(kind=NodeKind.STRING, raw=value, line=line)
            if found is not None:
                place = on_line(place, line, column, value)
            route = f"line.{place.line}.{place.column}.{name}"
            yield Setting(key=name, value=place, document=document, route=route)


def _place(
    document: Document, node: Node, begin: tuple[int, int], assigned: tuple[str, str]
) -> tuple[int, int] | None:
    """Where the value stands: the next place of the text that assigns it, as it is written."""
    before, value = assigned
    for line, column in places_within(document, node, before, begin):
        behind = column - 1 + len(before)
        if value in lines_of(document.text)[line - 1][behind : behind + _QUOTES + len(value)]:
            return line, behind + 1
    return None
