"""What the addresses beside a key say of whose it is: of another store, of a gateway for models."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.addresses import is_of_own_network
from agentaudit.extract.containers.names import ANY_GATEWAY, head, is_gateway
from agentaudit.extract.credentials.aws_pairs import AWS_PAIR
from agentaudit.extract.credentials.literals import form_of
from agentaudit.extract.credentials.recognition import Recognised
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm, Lifetime

_STORE_ADDRESS = regex(
    r"(?:^|_)(?:AWS|S3|MINIO|R2|BUCKET|STORAGE)_(?:\w{1,60}_)?ENDPOINT(?:_URL)?(?:_S3)?$"
)
_OTHER_STORE = regex(
    r"(?:^|[^a-z])(?:minio|garage|wasabi|backblaze|b2|ceph|seaweedfs|rustfs|ovh|hetzner|scaleway|storj"
    r"|cloudflare|r2)(?:[^a-z]|$)",
    re.IGNORECASE,
)
"""Stores that are asked as S3 is, in the name of a secret: `op://Home/minio/user`."""
_AWS_HOST = "amazonaws.com"
_MODELS_ADDRESS = regex(
    r"^(?P<vendor>OPENAI|ANTHROPIC|AZURE_OPENAI|GEMINI|GOOGLE)_(?:API_)?(?:BASE_URL|BASE|ENDPOINT)$"
)
_VENDORS = MappingProxyType({"AZURE_OPENAI": "azure", "GEMINI": "google"})
_UNASKING = regex(r"(?:^|-)(?:ollama|kubeai)(?:-|$)")
_GATEWAYS = frozenset({ANY_GATEWAY, "gw"})
_REPOSITORY = "RESTIC_REPOSITORY"
_AS_S3 = "s3:"
"""How a repository of restic begins that lies in S3, or in a store that speaks as it does."""
_HOST = regex(r"^https?://(?P<host>[\w.-]{1,253})(?:[:/]|$)")
_PROXY_ADDRESS = regex(r"^LITELLM_(?:PROXY_)?(?:API_)?(?:BASE_URL|BASE|URL)$")


def opens_other_store(setting: Setting) -> bool:
    """Whether it is the address, or the key, of a store that only speaks as that of AWS does."""
    if setting.key.upper() in AWS_PAIR:
        named = form_of(setting.key, setting.content) is not CredentialForm.LITERAL
        return named and _OTHER_STORE.search(setting.content) is not None
    if setting.key == _REPOSITORY:
        return setting.content.startswith(_AS_S3) and _AWS_HOST not in setting.content
    return _STORE_ADDRESS.search(setting.key) is not None and _AWS_HOST not in setting.content


def without_sessions(alternatives: Mapping[str, str]) -> dict[str, str]:
    """What would do without keys, less the sessions of AWS, which open no such store."""
    return {provider: named for provider, named in alternatives.items() if provider != "aws"}


def fronted_vendor(setting: Setting) -> str:
    """The vendor whose models an address leads to through a gateway; empty for none."""
    address = _MODELS_ADDRESS.match(setting.key)
    if address is None or not _is_of_models(_near(setting.content)):
        return ""
    return _VENDORS.get(address["vendor"], address["vendor"].lower())


def issued_by_gateway(found: Recognised) -> Recognised:
    """
    A key for the address of a gateway, which says how long it is good.

    One that is written down is good until somebody ends it; one with the look of a vendor's is his.
    """
    if found.form is not CredentialForm.LITERAL:
        return replace(found, provider="gateway", lifetime=Lifetime.UNKNOWN)
    return replace(found, provider="gateway") if found.named else found


def proxies_asked(settings: Iterable[Setting]) -> frozenset[str]:
    """The hosts near by that are asked as a proxy for models is."""
    addresses = (item.content for item in settings if _PROXY_ADDRESS.match(item.key))
    return frozenset(host for text in addresses if (host := _near(text)))


def _is_of_models(host: str) -> bool:
    """
    Whether a gateway is asked for models there; one of whatever is then one of models, too.

    So are Ollama and KubeAI, which ask nobody for a key: what they are sent is no vendor's.
    """
    name = host.partition(".")[0]
    return is_gateway(host) or head(name) in _GATEWAYS or _UNASKING.search(name) is not None


def _near(url: str) -> str:
    """The host, of the own network: gateways out there may pass a vendor's own key on."""
    found = _HOST.match(url)
    return found["host"] if found is not None and is_of_own_network(found["host"]) else ""
