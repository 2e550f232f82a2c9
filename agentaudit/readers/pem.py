"""PEM files: keys and certificates, as one text."""

from agentaudit.readers.document import Document
from agentaudit.readers.one_text import one_text


def parse_pem(file: str, text: str) -> Document:
    """The whole text as one scalar, whatever blocks it holds."""
    return one_text(file, "pem", text)
