"""PEM files and secrets in files of their own: one text, also where no name says what it is."""

from agentaudit.expressions import regex
from agentaudit.readers.document import Document
from agentaudit.readers.one_text import one_text

LARGEST_KEY = 32_768
"""How many bytes a file may have that is a key whatever it is called."""
_BEGINNING = b"-----BEGIN "
_ENDING = regex(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_ENDINGS_OF_KEYS = (".p8", ".priv", ".rsa", ".ed25519")
_AMONG_SECRETS = regex(
    r"(?:^|/)\.?(?:[a-z]{1,20}[_-])?secrets?/(?:[\w.-]{1,60}/){0,2}[^/.]+(?P<ending>\.txt)?$"
)
"""`secrets/db_password`, `docker-secrets/prod/api_key.txt`: where Compose mounts them from."""


def may_be_key(file: str) -> bool:
    """Whether no ending tells what a file is, which may be a key then: `deploy_key`, `id_ecdsa`."""
    return _ENDING.search(file) is None or file.endswith(_ENDINGS_OF_KEYS)


def telling_bytes(file: str) -> int:
    """How many of its first bytes tell whether it is one: few, outside of folders of secrets."""
    return LARGEST_KEY if among_secrets(file) else len(_BEGINNING)


def is_key(file: str, content: bytes) -> bool:
    """Whether it is one: it begins so, or is a single word in a folder of secrets."""
    if content.startswith(_BEGINNING):
        return True
    return among_secrets(file) and content.isascii() and len(content.split()) == 1


def among_secrets(file: str) -> bool:
    """Whether a file lies in a folder of secrets, one of which it may be."""
    return _AMONG_SECRETS.search(file) is not None


def names_text_among_secrets(file: str) -> bool:
    """The same of a text, which is a guide elsewhere: `secrets/api_key.txt`."""
    found = _AMONG_SECRETS.search(file)
    return found is not None and found["ending"] is not None


def parse_pem(file: str, text: str) -> Document:
    """The whole text as one scalar, whatever blocks it holds."""
    return one_text(file, "pem", text)
