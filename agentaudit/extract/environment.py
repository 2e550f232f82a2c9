"""
What the names of environment variables say about memory, tracing, limits and TLS.

A memory store is only assumed where a name says that conversations are kept there; a Redis that
serves as a plain cache is nobody's memory.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.addressed_caches import AddressedCaches
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.literals import form_of, literal_of
from agentaudit.extract.credentials.secret_names import name_words
from agentaudit.extract.documents import Documents
from agentaudit.extract.environment_controls import (
    add_logs,
    add_retries,
    mark_unverified,
    place_of,
)
from agentaudit.extract.session_keys import TEMPLATE, key_of
from agentaudit.extract.settings import Setting
from agentaudit.extract.sizes import seconds_of
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore

_MEMORY = r"(?:chat|conversation|message|memory|history|session|thread|checkpoint)"
_EVIDENCE = regex(
    rf"{_MEMORY}.*(?:redis|valkey|ttl|expir|url|uri|dsn|backend|window|max|limit|key|id$)|"
    rf"(?:redis|valkey).*{_MEMORY}|max_(?:{_MEMORY}|turns)",
    re.IGNORECASE,
)
_ADDRESS = regex(r"\b[A-Z0-9_]{0,40}(?:REDIS|VALKEY)[A-Z0-9_]{0,40}(?:URL|URI|DSN)\b")
_TTL = regex(r"ttl|expir|retention|max_?age", re.IGNORECASE)
_WINDOW = regex(
    r"window|max_?(?:messages|turns|history)|(?:history|message)s?_(?:limit|length|size)",
    re.IGNORECASE,
)
_TOKENS = regex(r"max_?tokens|token_?limit", re.IGNORECASE)
_URL = regex(r"(?:url|uri|dsn|backend)$", re.IGNORECASE)
_KEY = regex(r"(?:session|thread|conversation|history)(?:_?(?:id|key))$", re.IGNORECASE)
_NOT_MEMORY = regex(
    r"session_token|session_secret|secret|password|cookie|timeout|message_?(?:size|length)",
    re.IGNORECASE,
)
"""Nor is how large one message may be: `POSTFIX_MESSAGE_SIZE_LIMIT`."""
_OF_OTHERS = regex(
    r"(?:^|_)(?:stream|vector|price|order|trade|market|candle|portfolio|position|job|task|workflow"
    r"|execution|event|build|deploy(?:ment)?|rollout|release|revision|version|change|audit|metrics?"
    r"|alert|scan|backup|status|login|password|shell|bash|command|search|browser|purchase|billing"
    r"|sensor|weather|git|commit)s?_history(?:_|$)|(?:^|_)chat_?ids?$",
    re.IGNORECASE,
)
"""Histories of anything but talk, and the chat of a messenger that a program writes to."""
_ANY_MESSAGES = "MAX_MESSAGES"
"""How many messages there may be, of mail as of conversations, unless a word before says which."""
_CONVERSING = frozenset({"chat", "conversation", "history", "memory", "session", "thread"})
_DECLARED = regex(r"\baws_bedrockagentcore_memory\.")
"""A memory that is declared, which says of itself what bounds it."""
_TENANTS = regex(r"(?:^|_)(?:MULTI_?)?TENAN(?:TS?|CY)(?:_|$)", re.IGNORECASE)
_OF_VENDORS = regex(r"AZURE|AAD|ENTRA|ARM_|MSAL|GRAPH|AUTH0|TEAMS|BOT|MICROSOFT|SHAREPOINT")
"""Whose tenants are the deployment's own, and no customers of it."""
LONGEST_NAME = 200
"""No variable of any program has a longer one; some expressions take the square of it."""
_NEVER = frozenset({"", "0", "-1", "none", "null", "never", "false", "off", "infinite"})
_WHOLE = regex(r"-?\d{1,4300}")
"""A number of as many digits as Python makes one of."""
_BACKEND = regex(r"^(?P<scheme>[a-z0-9+]+)://(?:[^@/]*@)?(?P<host>[^:/?]+)", re.IGNORECASE)
_BACKENDS = {
    "rediss": "redis",
    "valkey": "redis",
    "postgresql": "postgres",
    "mongodb+srv": "mongodb",
}
_MANAGED = (".amazonaws.com", ".windows.net", ".upstash.io", ".redislabs.com", ".redis-cloud.com")
_LIMITS = {
    "iterations": regex(
        r"(?:max|limit).*(?:iter|steps?|turns?|recursion)|recursion_limit", re.IGNORECASE
    ),
    "timeout": regex(r"(?:agent|run|execution|request).*timeout", re.IGNORECASE),
}


def extract_environment(documents: Documents, collector: Collector) -> None:
    """Memory, logs and switched-off TLS of every workload that was read before."""
    named = _named_by_code(documents, collector) if collector.workloads else frozenset()
    caches, decided = AddressedCaches(collector), frozenset(collector.deciding.values())
    for workload in tuple(collector.workloads):
        mark_unverified(collector, workload.settings, workload.runtime_id)
        if workload.role == "gateway":  # through which go all prompts
            add_logs(collector, workload.settings, workload.runtime_id)
        elif workload.role in {"agent", ""}:
            add_logs(collector, workload.settings, workload.runtime_id)
            add_retries(collector, workload.settings, workload.runtime_id)
            relevant = _of_memory(workload, named, decided)
            caches.hold_conversations(relevant)
            _add_memory(collector, workload, relevant)


def _named_by_code(documents: Documents, collector: Collector) -> frozenset[str]:
    """Variables that a file names which keeps conversations in a Redis: with that one's address."""
    files = {
        store.evidence[0].file
        for store in collector.of(MemoryStore)
        if store.backend == "redis" and store.kind in {"history", "checkpoint"}
    }
    read = (documents.at(file) for file in sorted(files))
    found = (_ADDRESS.findall(document.text) for document in read if document is not None)
    return frozenset(chain.from_iterable(found))


class _Bound(Struct, frozen=True):
    """A number that a variable sets, and whether it bounds anything; a window of 0 does not."""

    known: Known
    number: int | None = None


_UNSAID = _Bound(Known.UNKNOWN)


def _of_memory(
    workload: Workload, named: Collection[str], decided: Collection[str]
) -> tuple[Setting, ...]:
    """The variables of an environment that say how it keeps conversations, not how agents loop."""
    relevant = tuple(
        item
        for item in workload.settings
        if (_concerns_memory(item.key) or item.key in named)
        and item.key not in decided
        and not _DECLARED.search(item.value.raw)
    )
    mail = workload.role != "agent" and workload.build is None
    return () if mail and all(_is_of_any(item.key) for item in relevant) else relevant


def _add_memory(collector: Collector, workload: Workload, relevant: Sequence[Setting]) -> None:
    """The memory store of one environment, when it says that there is one."""
    settings, owner = workload.settings, workload.runtime_id
    if not relevant:
        return
    urls = [item for item in relevant if _URL.search(item.key)]
    place = urls[0] if urls else relevant[0]
    backend, host = _backend(urls)
    ttl = _bound(relevant, _TTL)
    window, tokens = _bound(relevant, _WINDOW), _bound(relevant, _TOKENS)
    key = next((item for item in relevant if _KEY.search(item.key)), None)
    constant = key is not None and _constant(key)
    tenants = any(map(_names_tenants, settings))
    store = MemoryStore(
        id=memory_id(owner, backend),
        name=f"conversation memory ({backend})" if backend else "conversation memory",
        evidence=(place_of(place), *(place_of(item) for item in relevant if item is not place)),
        confidence=Confidence.LIKELY,
        kind="history",
        backend=backend,
        scope="global" if constant else "session" if key is not None else "",
        ttl=ttl.known,
        ttl_s=ttl.number,
        max_turns=window.known,
        max_turns_count=window.number,
        max_tokens=tokens.known,
        max_tokens_count=tokens.number,
        constant_session_key=constant,
        tenant_scoped=key_of(_template(key), tenants=tenants).tenant_scoped,
        persistent=Truth.YES if backend in {"postgres", "mongodb", "mysql"} else Truth.UNKNOWN,
        managed_service=host.endswith(_MANAGED),
    )
    collector.add(store)


def _is_of_any(key: str) -> bool:
    """Whether a limit is one of messages of whatever."""
    return key.upper().endswith(_ANY_MESSAGES) and _CONVERSING.isdisjoint(key.lower().split("_"))


@lru_cache(maxsize=1024)
def _concerns_memory(key: str) -> bool:
    short = len(key) <= LONGEST_NAME
    return short and _EVIDENCE.search(key) is not None and not _names_another(key)


def _names_another(key: str) -> bool:
    return _NOT_MEMORY.search(key) is not None or _OF_OTHERS.search(key) is not None


def _backend(urls: Sequence[Setting]) -> tuple[str, str]:
    for setting in urls:
        found = _BACKEND.match(literal_of(setting.content))
        if found is not None:
            scheme = found["scheme"].lower()
            return _BACKENDS.get(scheme, scheme), found["host"]
        if setting.content.lower() in {"redis", "postgres", "sqlite", "memory", "in_memory"}:
            return setting.content.lower(), ""
        if re.search(r"redis|valkey", setting.key, re.IGNORECASE):
            return "redis", ""
    return "", ""


def host_of(workload: Workload) -> str:
    """The host of a workload's conversation memory; empty when no URL says."""
    urls = [
        item for item in workload.settings if _concerns_memory(item.key) and _URL.search(item.key)
    ]
    return _backend(urls)[1]


def limit(workload: Workload, name: str, variable: str = "") -> int | None:
    """
    How many iterations, or how many seconds, the environment gives an agent; None unsaid.

    That is what the variable says by which its program asks for it, or one that is called like it.
    """
    exact = (item for item in workload.settings if variable and is_called(item.key, variable))
    if (own := next(exact, None)) is not None:
        return _number(own.key, literal_of(own.content.strip()), seconds=False)
    for setting in workload.settings:
        if len(setting.key) <= LONGEST_NAME and _LIMITS[name].search(setting.key):
            value = literal_of(setting.content.strip())
            return _number(setting.key, value, seconds=name == "timeout")
    return None


def is_called(key: str, variable: str) -> bool:
    """Whether a key is a variable, perhaps behind the prefix that its settings have."""
    return key == variable or key.endswith(f"_{variable}")


def memory_id(owner: FactId, backend: str) -> FactId:
    """The id of the memory store that the environment of a runtime speaks of."""
    return fact_id("memory_store", backend or "conversation memory", f"{owner}/memory")


def _bound(settings: Sequence[Setting], pattern: re.Pattern[str]) -> _Bound:
    """The number under the first name that fits; zero, negative and never bound nothing."""
    for setting in settings:
        if not pattern.search(setting.key):
            continue
        value = literal_of(setting.content.strip())
        if form_of(setting.key, value) is not CredentialForm.LITERAL:
            return _UNSAID
        number = _number(setting.key, value, seconds=pattern is _TTL)
        if value.lower() in _NEVER or (number is not None and number <= 0):
            return _Bound(Known.NONE, 0 if pattern is _WINDOW else None)
        return _UNSAID if number is None else _Bound(Known.SET, number)
    return _UNSAID


def _number(key: str, value: str, *, seconds: bool) -> int | None:
    if not seconds:
        return int(value) if _WHOLE.fullmatch(value) else None
    units = ("seconds", "minutes", "hours", "days", "weeks")
    words = name_words(key)
    unit = next((unit for unit in units if unit in words or unit[:-1] in words), "s")
    return seconds_of(value, unit)


def _names_tenants(setting: Setting) -> bool:
    return _TENANTS.search(setting.key) is not None and not _OF_VENDORS.search(setting.key.upper())


def _template(setting: Setting | None) -> str:
    """A session key that is put together of names; one that somebody else decides says nothing."""
    if setting is None or form_of(setting.key, setting.content) is not CredentialForm.LITERAL:
        return ""
    return setting.content if TEMPLATE.search(setting.content) else ""


def _constant(setting: Setting) -> bool:
    """Whether a session's key is the same for everybody."""
    value = literal_of(setting.content)
    return bool(value) and not TEMPLATE.search(value)
