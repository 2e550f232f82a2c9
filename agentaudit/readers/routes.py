"""Routes: the keys around a value. What stands below is named after them, each part once more."""

from agentaudit.readers.document import Document
from agentaudit.readers.lines import MAX_ROUTE, broken

_SHORT = 100_000
"""Characters of a text of which no key is so long, beside so many others, that it matters."""


def with_bounded_routes(document: Document) -> Document:
    """The document; InputError where the keys around a value are longer than any name."""
    waiting = [(root, 0) for root in document.roots] if len(document.text) > _SHORT else []
    while waiting:
        node, around = waiting.pop()
        for key, value in node.entries:
            length = around + len(key.raw)
            if length > MAX_ROUTE:
                what = (
                    f"the keys around this value have more than {MAX_ROUTE:,} characters together"
                )
                raise broken(document.file, key.line, key.column, f"{what}; no name is that long")
            if value.entries or value.elements:
                waiting.append((value, length))
        waiting.extend((each, around) for each in node.elements if each.entries or each.elements)
    return document
