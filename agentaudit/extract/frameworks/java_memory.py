"""
Chat memory as settings of Spring AI and Quarkus LangChain4j have it: windows, and what is kept.

Names by Spring AI, "Chat Memory" (with those before 1.0), and Quarkus LangChain4j, "Messages and
Memory".
"""

import re
from collections.abc import Sequence

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.frameworks.java_applications import JavaApplication
from agentaudit.extract.java_settings import JavaSetting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore

_WINDOW = regex(
    r"quarkus\.langchain4j\.chat-memory\.(?:(?P<turns>memory-window\.max-messages)"
    r"|token-window\.max-tokens)"
)
_REPOSITORY = regex(
    r"spring\.ai\.chat\.memory\.(?:repository\.)?"
    r"(?P<backend>jdbc|cassandra|neo4j|cosmosdb|mongo|redis)\.(?P<part>[\w.-]+)"
)
_EXPIRING = frozenset({"time-to-live", "ttl"})
_NEVER_EXPIRING = frozenset({"jdbc", "neo4j"})
"""Repositories that have no setting for it, and delete a conversation only when they are told."""
_DURATION = regex(
    r"p?(?:(?P<d>\d{1,6})d)?t?(?:(?P<h>\d{1,6})h)?(?:(?P<m>\d{1,6})m)?(?:(?P<s>\d{1,9})s)?",
    re.IGNORECASE,
)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def add_memory(application: JavaApplication) -> None:
    """The windows and stores of conversations that settings name."""
    stores: dict[str, list[JavaSetting]] = {}
    for setting in application.settings:
        window, kept = _WINDOW.fullmatch(setting.name), _REPOSITORY.fullmatch(setting.name)
        if window is not None:
            _add_store(application, _window(application, setting, window), setting)
        elif kept is not None:
            stores.setdefault(kept["backend"], []).append(setting)
    for backend, settings in stores.items():
        _add_store(application, _kept(application, backend, settings), settings[0])


def _add_store(application: JavaApplication, store: MemoryStore, setting: JavaSetting) -> None:
    agent = application.agent(setting)
    stored = application.collector.add(store)
    for edge in (EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM):
        application.collector.link(edge, agent.id, stored.id, stored.evidence[0])


def _window(
    application: JavaApplication, setting: JavaSetting, found: re.Match[str]
) -> MemoryStore:
    count = setting.value.integer
    known = Known.SET if count else Known.UNKNOWN
    turns = found["turns"] is not None
    return MemoryStore(
        id=fact_id(
            "memory_store",
            "chat memory",
            f"{application.file.home}#{application.document.file}#{setting.name}",
        ),
        name=f"chat memory of {application.name}",
        evidence=(application.place(setting),),
        kind="window",
        backend="in_memory",
        max_turns=known if turns else Known.UNKNOWN,
        max_turns_count=count if turns else None,
        max_tokens=Known.UNKNOWN if turns else known,
        max_tokens_count=None if turns else count,
    )


def _kept(
    application: JavaApplication, backend: str, settings: Sequence[JavaSetting]
) -> MemoryStore:
    """Conversations in a database; of each the last messages are kept, as long as it is told."""
    expiring = next((each for each in settings if each.name.rpartition(".")[2] in _EXPIRING), None)
    seconds = _duration_s(literal_of(expiring.value.raw)) if expiring is not None else None
    never = Known.NONE if backend in _NEVER_EXPIRING else Known.UNKNOWN
    return MemoryStore(
        id=fact_id(
            "memory_store",
            backend,
            f"{application.file.home}#{application.document.file}#chat-memory.{backend}",
        ),
        name=f"chat memory of {application.name} in {backend}",
        evidence=tuple(application.place(each) for each in settings[:1]),
        kind="history",
        backend=backend,
        persistent=Truth.YES,
        ttl=Known.SET if seconds else never,
        ttl_s=seconds,
    )


def _duration_s(text: str) -> int | None:
    """Seconds of `30d` or `PT12H`; a number alone means something else in each library."""
    found = _DURATION.fullmatch(text.strip())
    parts = found.groupdict() if found is not None else {}
    told = [int(number) * _SECONDS[unit] for unit, number in parts.items() if number]
    return sum(told) if told else None
