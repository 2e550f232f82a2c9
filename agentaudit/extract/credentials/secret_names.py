"""What the name of a setting promises about its value: a secret, of whom, of what kind."""

import re
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.model.facts.credentials import Lifetime

_WORDS = regex(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_OF_TALOS = ("secretbox", "aescbc")
_KINDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("secret", "access", "key"), "access_key"),
    (("access", "key", "id"), "access_key"),
    (("access", "key"), "access_key"),
    (("session", "token"), "session_token"),
    (("api", "key"), "api_key"),
    (("bearer", "token", "bedrock"), "api_key"),
    (("apikey",), "api_key"),
    (("openai", "key"), "api_key"),
    (("open", "ai", "key"), "api_key"),
    (("anthropic", "key"), "api_key"),
    (("claude", "key"), "api_key"),
    (("gemini", "key"), "api_key"),
    (("llm", "key"), "api_key"),
    (("subscription", "key"), "api_key"),
    (("azure", "search", "key"), "api_key"),
    (("ai", "search", "key"), "api_key"),
    (("cognitive", "search", "key"), "api_key"),
    (("search", "service", "key"), "api_key"),
    (("search", "query", "key"), "api_key"),
    (("cognitive", "services", "key"), "api_key"),
    (("ai", "services", "key"), "api_key"),
    (("document", "intelligence", "key"), "api_key"),
    (("content", "safety", "key"), "api_key"),
    (("azure", "speech", "key"), "api_key"),
    (("speech", "service", "key"), "api_key"),
    (("cosmos", "key"), "account_key"),
    (("cosmosdb", "key"), "account_key"),
    (("cosmos", "db", "key"), "account_key"),
    (("secret", "key"), "secret_key"),
    (("secretkey",), "secret_key"),
    (("symm", "key"), "secret_key"),
    (("master", "key"), "master_key"),
    (("private", "key"), "private_key"),
    (("admin", "key"), "admin_key"),
    (("encryption", "key"), "encryption_key"),
    (("signing", "key"), "signing_key"),
    (("account", "key"), "account_key"),
    (("client", "secret"), "client_secret"),
    (("webhook", "secret"), "secret"),
    *(((word,), "secret") for word in ("secret", *(f"{of}encryptionsecret" for of in _OF_TALOS))),
    *(((word,), "token") for word in ("token", "bootstraptoken")),
    *(((host, "pat"), "token") for host in ("github", "gh", "gitlab", "azure", "devops")),
    (("password",), "password"),
    (("passwd",), "password"),
    (("requirepass",), "password"),
    (("pgpassword",), "password"),
    (("pwd",), "password"),
    (("pass",), "password"),
    (("passphrase",), "password"),
    (("credential",), "credential"),
    (("credentials",), "credential"),
    (("authorization",), "token"),
    (("bearer",), "token"),
    (("connection", "string"), "connection_string"),
    (("database", "url"), "connection_string"),
    (("redis", "url"), "connection_string"),
    (("dsn",), "connection_string"),
)
_NOT_SECRET = frozenset(
    {
        *("max", "min", "limit", "count", "num", "usage", "public", "tokenizer", "cost", "budget"),
        *("ttl", "type", "per", "stop", "eos", "bos", "pad", "reset", "disable", "require"),
        *("rotate", "rotation", "allow", "enable", "use", "has", "is", "automount", "manage"),
        *("force", "write", "read", "recursive", "id", "existing", "to"),
        *("hashed", "hash", "digest", "sku"),
    }
)
_PAGING = frozenset(
    {*("continuation", "next", "page", "cursor", "pagination", "skip", "delta", "sync", "resume")}
)
"""Before `token`: where a list goes on."""
_DOING = frozenset(
    {"change", "changed", "forgot", "forgotten", "update", "verify", "validate", "confirm"}
)
"""`changePassword` is what somebody does with one."""
_OF_ONE = _DOING | {"checksum"}
"""Charts write `checksum/secret` beside pods, so that these start anew with another."""
_WHERE_KEPT = frozenset(("secret", word) for word in ("uri", "url", "arn", "ref", "reference"))
"""`secretUriDbPassword` is the address of one."""
_OF_CLUSTER = frozenset((word, "secret") for word in ("kube", "kubernetes"))
"""`TS_KUBE_SECRET` is the name of an object."""
_PROVIDERS: tuple[tuple[str, str], ...] = (
    ("aws", "aws"),
    ("bedrock", "aws"),
    ("openai", "openai"),
    ("anthropic", "anthropic"),
    ("claude", "anthropic"),
    ("azure", "azure"),
    ("arm", "azure"),
    ("google", "google"),
    ("gemini", "google"),
    ("gcp", "google"),
    ("github", "github"),
    ("gh", "github"),
    ("gitlab", "gitlab"),
    ("slack", "slack"),
    ("huggingface", "huggingface"),
    ("hf", "huggingface"),
    ("langsmith", "langsmith"),
    ("langchain", "langsmith"),
    ("langfuse", "langfuse"),
    ("pinecone", "pinecone"),
    ("stripe", "stripe"),
    ("databricks", "databricks"),
    *((word, "database") for word in ("postgres", "postgresql", "pg", "pgpassword", "mysql")),
    *((word, "database") for word in ("mariadb", "mongo", "mongodb", "database", "datasource")),
    *((word, "database") for word in ("db", "redis", "neo")),
    ("litellm", "litellm"),
    ("vault", "vault"),
    ("tavily", "tavily"),
    ("groq", "groq"),
    ("mistral", "mistral"),
    ("mistralai", "mistral"),
    ("cohere", "cohere"),
    ("notion", "notion"),
    ("linear", "linear"),
    ("jira", "atlassian"),
    ("atlassian", "atlassian"),
    ("sentry", "sentry"),
    ("brave", "brave"),
    ("okta", "okta"),
    ("openrouter", "openrouter"),
    ("xai", "xai"),
    ("perplexity", "perplexity"),
    ("deepseek", "deepseek"),
    ("together", "together"),
    ("fireworks", "fireworks"),
    ("replicate", "replicate"),
    ("voyage", "voyage"),
    ("elevenlabs", "elevenlabs"),
    ("deepgram", "deepgram"),
    ("serper", "serper"),
    ("serpapi", "serpapi"),
    ("firecrawl", "firecrawl"),
    ("exa", "exa"),
    ("telegram", "telegram"),
    ("discord", "discord"),
    ("homeassistant", "homeassistant"),
)
_ALWAYS_STATIC = frozenset(
    {
        *("openai", "anthropic", "langsmith", "langfuse", "pinecone", "stripe", "huggingface"),
        *("tavily", "groq", "mistral", "cohere", "brave", "notion", "linear", "openrouter", "xai"),
        *("perplexity", "deepseek", "together", "fireworks", "replicate", "voyage", "elevenlabs"),
        *("deepgram", "serper", "serpapi", "firecrawl", "exa", "telegram", "discord"),
        "homeassistant",
    }
)
"""
Vendors whose API keys live until they are revoked, in whatever form they are handed over; tokens of
bots do, and those of Home Assistant for ten years.
"""
_STATIC_KINDS = frozenset({("google", "api_key"), ("azure", "api_key"), ("azure", "client_secret")})
"""
What is static of vendors whose tokens may be short. Keys of Azure's services live until they are
made anew, and secrets of its service principals for months, two years at most.
"""
_OF_PAGES = (
    *(("vite",), ("next", "public"), ("react", "app"), ("expo", "public"), ("nuxt", "public")),
    *(("vue", "app"), ("gatsby",)),
)
"""How names begin that builds of pages write into what every browser is given."""
_SHOWN = frozenset({"api_key", "token", "connection_string"})
_OF_SERVERS = _ALWAYS_STATIC - {"stripe", "langfuse"} | {"aws", "azure", "github", "gitlab"}
"""Vendors that have no key for pages; of Google's, those of Gemini are none."""
_OWN_KINDS = frozenset({"master_key", "signing_key", "encryption_key"})
_OWN_ENDINGS = (
    *((own, "secret") for own in ("jwt", "auth", "session", "nextauth", "cookie")),
    *(("secret", "key"), ("gateway", "token"), ("gateway", "secret"), ("runtime", "api", "key")),
    ("admin", "password"),
)
"""By which a program asks others who they are; `OPENAI_API_KEY` opens what is elsewhere."""

_NUMBER = regex(r"[_-]?\d{1,2}$")
"""`OPENAI_API_KEY_2` is one of several of its kind."""
_WHICH = frozenset(
    {
        *("primary", "secondary", "tertiary", "main", "backup", "fallback"),
        *("prod", "production", "live", "staging", "dev", "development"),
    }
)
"""`LLM_KEY_PRIMARY` is one of several, too."""
_WHOLE_NAME = 2
_LANGCHAIN4J = regex(r"langchain4j", re.IGNORECASE)  # which is no product of LangChain's
_APPLICATION_INSIGHTS = regex(r"app(?:lication)?_?insights", re.IGNORECASE)
"""
Microsoft, "Connection strings in Application Insights": the string names a resource, and is "not
considered" a secret.
"""


class SecretName(Struct, frozen=True, kw_only=True):
    """What a name says about the credential under it."""

    provider: str
    kind: str
    lifetime: Lifetime
    admin: bool
    shown: bool = False
    """A build writes the value into pages, and it may be meant for them."""


def secret_name(key: str) -> SecretName | None:
    """What a setting's name promises when it names a secret; None when it does not."""
    name = name_told(key)
    return None if name is not None and name.shown else name


@lru_cache(maxsize=4096)
def name_told(key: str) -> SecretName | None:
    """The same also of what is shown to everybody, which may be a secret by mistake."""
    if _APPLICATION_INSIGHTS.match(key):
        return None
    key = _LANGCHAIN4J.sub("", key)
    words = name_words(_NUMBER.sub("", key.removesuffix("_FILE").removesuffix("_file")))
    words = words[:-1] if len(words) > _WHOLE_NAME and words[-1] in _WHICH else words
    begun = next((begun for begun in _OF_PAGES if words[: len(begun)] == begun), ())
    words = words[len(begun) :]
    kind = _kind(words)
    if not kind or (_NOT_SECRET & set(words) and kind != "access_key"):
        return None
    if words[:2] in _WHERE_KEPT or words[-2:] in _OF_CLUSTER:
        return None
    if len(words) > 1 and (words[0] in _OF_ONE or (kind == "token" and words[-2] in _PAGING)):
        return None
    provider = _provider(words)
    static = (provider in _ALWAYS_STATIC and kind in {"api_key", "token", "secret_key"}) or (
        (provider, kind) in _STATIC_KINDS
    )
    return SecretName(
        provider=provider,
        kind=kind,
        lifetime=Lifetime.STATIC if static else Lifetime.UNKNOWN,
        admin="admin" in words or kind in {"master_key", "admin_key"},
        shown=begun != () and kind in _SHOWN and not _opens_servers(words),
    )


def _provider(words: tuple[str, ...]) -> str:
    named = {*words, *map("".join, pairwise(words))}  # `open-ai`, `Open AI`
    return next((name for word, name in _PROVIDERS if word in named), "")


def _opens_servers(words: tuple[str, ...]) -> bool:
    """Whether a key in a page opens what only servers should ask: `VITE_OPENAI_API_KEY`."""
    return "gemini" in words or any(
        name in _OF_SERVERS for word, name in _PROVIDERS if word in words
    )


def opens_its_holder(key: str) -> bool:
    """
    Whether a program asks others for what is kept under this name.

    So does the database of whoever has its password: both have to have it.
    """
    name, words = secret_name(key), name_words(key)
    if name is None:
        return False
    own = any(words[-len(ending) :] == ending for ending in _OWN_ENDINGS)
    of_database = (name.provider, name.kind) == ("database", "password")
    return own or of_database or name.kind in _OWN_KINDS


def name_words(key: str) -> tuple[str, ...]:
    """The words of a name in any of the usual spellings, in lower case."""
    return tuple(word.lower() for word in _WORDS.findall(key))


def _kind(words: tuple[str, ...]) -> str:
    for ending, kind in _KINDS_BY_LAST.get(words[-1], ()) if words else ():
        if words[-len(ending) :] == ending:
            return kind
    return ""


def _by_last(
    kinds: tuple[tuple[tuple[str, ...], str], ...],
) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for ending, kind in kinds:
        found.setdefault(ending[-1], []).append((ending, kind))
    return found


_KINDS_BY_LAST = _by_last(_KINDS)
