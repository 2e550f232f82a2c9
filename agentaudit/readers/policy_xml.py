"""
Policies of API Management: XML with C# in its attributes, as one text.

https://learn.microsoft.com/azure/api-management/api-management-howto-policies
"""

from agentaudit.readers.document import Document
from agentaudit.readers.one_text import one_text

_PARTS = ("<policies>", "<inbound>")


def is_policy(text: str) -> bool:
    """Whether an XML text is a policy, and not one of the many other things."""
    return all(part in text for part in _PARTS)


def parse_policy(file: str, text: str) -> Document:
    """The whole text as one scalar: no parser of XML takes what stands in the attributes."""
    return one_text(file, "xml", text)
