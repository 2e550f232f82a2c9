"""PEM files: keys and certificates, as one text; and keys in files whose names say nothing."""

from agentaudit.expressions import regex
from agentaudit.readers.document import Document
from agentaudit.readers.one_text import one_text

BEGINNING, LARGEST_KEY = b"-----BEGIN ", 32_768
"""How a file begins that is a key whatever it is called, and how many bytes such a one may have."""
_ENDING = regex(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_ENDINGS_OF_KEYS = (".p8", ".priv", ".rsa", ".ed25519")


def may_be_key(file: str) -> bool:
    """Whether no ending tells what a file is, which may be a key then: `deploy_key`, `id_ecdsa`."""
    return _ENDING.search(file) is None or file.endswith(_ENDINGS_OF_KEYS)


def parse_pem(file: str, text: str) -> Document:
    """The whole text as one scalar, whatever blocks it holds."""
    return one_text(file, "pem", text)
