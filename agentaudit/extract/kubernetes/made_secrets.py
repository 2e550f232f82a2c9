"""
Secrets that other objects make of what a vault or a sealed file holds: their keys, and no values.

Fields by https://external-secrets.io/latest/api/spec/, https://github.com/bitnami-labs/sealed-secrets,
https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret and
https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.readers.document import Node


class MadeSecret(Struct, frozen=True):
    """A Secret by the name that it will have."""

    name: str
    keys: tuple[Node, ...]
    whole: bool
    """Whether it has no other keys."""
    sources: Mapping[str, str] = MappingProxyType({})
    """What is made of what the vault holds, by key: `{{ .LITELLM_MASTER_KEY }}`."""
    written: Mapping[str, Node] = MappingProxyType({})
    """What a template asks the vault nothing for, by key."""


def made_secrets(kind: str, name: str, node: Node) -> Iterator[MadeSecret]:
    """The Secrets that an object makes; most make none."""
    reader = _READERS.get(kind)
    if reader is not None:
        yield from reader(name, node)


def _external(name: str, node: Node) -> Iterator[MadeSecret]:
    """A template, where there is one, decides the keys."""
    template = node.get("spec", "target", "template", "data")
    listed = node.list_at("spec", "data")
    keys = tuple(key for entry in listed if (key := entry.child("secretKey")) is not None)
    sources: Mapping[str, str] = {
        entry.text_at("secretKey"): f"{{{{ .{_kept_as(entry)} }}}}" for entry in listed
    }
    if template is not None:
        keys = tuple(key for key, _ in template.entries)
        sources = {
            key: sources.get(value.text.strip("{-. }"), value.text)
            for key, value in template.items()
            if value.text
        }
    yield MadeSecret(
        node.name_at("spec", "target", "name") or name,
        keys,
        whole=template is not None or node.get("spec", "dataFrom") is None,
        sources=sources,
        written={key: value for key, value in _texts(template) if "{{" not in value.raw},
    )


def _texts(template: Node | None) -> Iterator[tuple[str, Node]]:
    entries = template.items() if template is not None else ()
    yield from ((key, value) for key, value in entries if value.text)


def _kept_as(entry: Node) -> str:
    """What the vault calls it: the last name of its path, and that of a part of it."""
    path = entry.text_at("remoteRef", "key").rpartition("/")[2]
    return "-".join(filter(None, (path, entry.text_at("remoteRef", "property"))))


def _sealed(name: str, node: Node) -> Iterator[MadeSecret]:
    sealed = node.get("spec", "encryptedData")
    keys = tuple(key for key, _ in sealed.entries) if sealed is not None else ()
    named = node.name_at("spec", "template", "metadata", "name")
    yield MadeSecret(named or name, keys, whole=sealed is not None)


def _synced(_: str, node: Node) -> Iterator[MadeSecret]:
    for made in node.list_at("spec", "secretObjects"):
        keys = tuple(key for entry in made.list_at("data") if (key := entry.child("key")))
        yield MadeSecret(made.name_at("secretName"), keys, whole=True)


def _of_vault(_: str, node: Node) -> Iterator[MadeSecret]:
    yield MadeSecret(node.name_at("spec", "destination", "name"), (), whole=False)


_READERS: Mapping[str, Callable[[str, Node], Iterator[MadeSecret]]] = MappingProxyType(
    {
        "ExternalSecret": _external,
        "SealedSecret": _sealed,
        "SecretProviderClass": _synced,
        "VaultStaticSecret": _of_vault,
    }
)
