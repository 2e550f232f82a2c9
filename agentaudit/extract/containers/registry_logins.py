"""
Passwords of container registries: what `docker login` writes, as a file or in a Secret.

`auth` is the base 64 of user and password: https://docs.docker.com/reference/cli/docker/login/.
"""

import json
from collections.abc import Iterator, Mapping

from agentaudit.extract.credentials.made_up import encoded_text
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.settings import Setting
from agentaudit.readers.document import Document, Node

SECRET_KEYS = frozenset({".dockerconfigjson", ".dockercfg"})
"""Of a Secret with such logins."""
_KEY = "REGISTRY_PASSWORD"


def written_logins(document: Document) -> Iterator[Setting]:
    """The logins of a file in JSON."""
    listed = document.root.get("auths")
    for name, entry in listed.items() if listed is not None else ():
        for key in ("password", "auth"):
            value = entry.get(key)
            password = _password(key, value.text or "") if value is not None else ""
            if value is not None and password:
                route = f"auths.{name}.{key}"
                yield Setting(key=_KEY, value=value, document=document, route=route, text=password)
                break


def kept_logins(document: Document, value: Node, text: str, route: str) -> Iterator[Setting]:
    """The logins in a value of a Secret, which is such a file, decoded."""
    for registry, entry in _entries(text):
        found = (_password(key, entry.get(key)) for key in ("password", "auth"))
        password = next(filter(None, found), "")
        if password:
            yield Setting(
                key=_KEY,
                value=value,
                document=document,
                route=f"{route}.auths.{registry}",
                text=password,
                shown=f"{_KEY} of {plain(registry)}",
            )


def _entries(text: str) -> list[tuple[str, Mapping[str, object]]]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return []
    logins = said.get("auths", said) if isinstance(said, dict) else {}
    listed = logins.items() if isinstance(logins, dict) else ()
    return [(registry, entry) for registry, entry in listed if isinstance(entry, dict)]


def _password(key: str, value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value if key == "password" else encoded_text(value).partition(":")[2]
