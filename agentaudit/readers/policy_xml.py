"""
Policies of API Management: XML with C# in its attributes, as one text.

https://learn.microsoft.com/azure/api-management/api-management-howto-policies
"""

from agentaudit.readers.document import Document, Node, NodeKind

_PARTS = ("<policies>", "<inbound>")


def is_policy(text: str) -> bool:
    """Whether an XML text is a policy, and not one of the many other things."""
    return all(part in text for part in _PARTS)


def parse_policy(file: str, text: str) -> Document:
    """The whole text as one scalar: no parser of XML takes what stands in the attributes."""
    lines = text.split("\n")
    root = Node(
        kind=NodeKind.STRING,
        line=1,
        column=1,
        end_line=len(lines),
        end_column=max(len(lines[-1]), 1),
        raw=text,
    )
    return Document(file=file, syntax="xml", text=text, roots=(root,))
