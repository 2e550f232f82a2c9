"""Messages: one sentence about one fact, its fields filled in as people would say them."""

import re
from collections.abc import Iterator
from enum import StrEnum

from agentaudit.expressions import regex
from agentaudit.extract.credentials.redaction import plain
from agentaudit.lists import first_of
from agentaudit.model.deployment import field_names
from agentaudit.model.facts.fact import Fact
from agentaudit.rules.limits import LIMIT_NAMES, Limits

_FIELD = regex(r"\{([^{}]*)\}")
_WORDS = frozenset({"kind", "holder", "exposure", "backend"})
"""Fields whose values are words of ours, written with underscores."""
_WRITTEN = {"api": "API", "bedrock": "Bedrock", "jwt": "JWT", "oauth": "OAuth", "sas": "SAS"}
"""Words of those, as people write them."""
_NAMES = {
    "alibaba": "Alibaba",
    "anthropic": "Anthropic",
    "auth0": "Auth0",
    "aws": "AWS",
    "azure": "Azure",
    "databricks": "Databricks",
    "deepseek": "DeepSeek",
    "discord": "Discord",
    "docker": "Docker",
    "figma": "Figma",
    "gcp": "Google Cloud",
    "github": "GitHub",
    "gitlab": "GitLab",
    "google": "Google",
    "grafana": "Grafana",
    "groq": "Groq",
    "homeassistant": "Home Assistant",
    "huggingface": "Hugging Face",
    "keycloak": "Keycloak",
    "kubernetes": "Kubernetes",
    "langfuse": "Langfuse",
    "langsmith": "LangSmith",
    "linear": "Linear",
    "litellm": "LiteLLM",
    "notion": "Notion",
    "okta": "Okta",
    "openai": "OpenAI",
    "openrouter": "OpenRouter",
    "perplexity": "Perplexity",
    "pinecone": "Pinecone",
    "pypi": "PyPI",
    "replicate": "Replicate",
    "sendgrid": "SendGrid",
    "sentry": "Sentry",
    "shopify": "Shopify",
    "slack": "Slack",
    "stripe": "Stripe",
    "tavily": "Tavily",
    "telegram": "Telegram",
    "vault": "Vault",
    "vllm": "vLLM",
    "xai": "xAI",
}
"""Providers, as they write themselves."""
_SHOWN = 4
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_MANY = 1000
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB")
_KIB = 1024


def unknown_fields(kind: str, template: str) -> tuple[str, ...]:
    """The names in braces that a message about this kind of fact cannot fill in."""
    known = {*field_names(kind), *(f"limits.{name}" for name in LIMIT_NAMES)}
    names = (asked.partition("|")[0] for asked in _FIELD.findall(template))
    return tuple(name for name in names if name not in known)


def message_of(template: str, fact: Fact, limits: Limits) -> str:
    """
    The sentence; text of a file goes in short and redacted, and is never itself a template.

    `{provider|some}` says `some` where the provider is empty or unknown.
    """

    def filled(match: re.Match[str]) -> str:
        asked, bar, otherwise = match[1].partition("|")
        owner, _, name = asked.rpartition(".")
        value = getattr(limits if owner else fact, name)
        return otherwise if bar and value in (None, "", "unknown", ()) else _said(name, value)

    message = _FIELD.sub(filled, template)
    return re.sub(r"  +", " ", message) if "  " in message else message


def duration(seconds: int) -> str:
    """The whole units of a time, two at most: `12 h`, `1 d 6 h`, `90 s`."""
    parts = list(_parts(seconds))[:2]
    return " ".join(parts) or "0 s"


def size(count: int) -> str:
    """A size in the largest unit it fills: `512 MiB`."""
    value, unit = float(count), 0
    while value >= _KIB and unit < len(_BYTES) - 1:
        value, unit = value / _KIB, unit + 1
    return f"{value:.0f} {_BYTES[unit]}"


def _parts(seconds: int) -> Iterator[str]:
    left = seconds
    for unit, length in _UNITS:
        count, left = divmod(left, length)
        if count:
            yield f"{count:,} {unit}"


def _said(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return first_of(value, _SHOWN, lambda item: plain(str(item))) or "none"
    if isinstance(value, int) and not isinstance(value, bool):
        if name.endswith("_s"):
            return duration(value)
        if name.endswith(("_bytes", "_bytes_count")):
            return size(value)
        return f"{value:,}" if value >= _MANY else str(value)
    if isinstance(value, StrEnum):
        return value.value.replace("_", " ")
    if name == "provider":
        return _NAMES.get(str(value), plain(str(value))) or "unknown"
    text = str(value or "unknown")
    if name in _WORDS:
        return " ".join(_WRITTEN.get(word, word) for word in text.split("_"))
    return plain(text)
