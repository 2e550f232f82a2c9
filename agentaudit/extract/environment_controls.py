"""What an environment says of logs, of retries and of TLS, and where it says so."""

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.credentials.literals import literal_of, variable_of
from agentaudit.extract.credentials.redaction import assignment, bare_url
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.controls import AuditLog, Retry
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import ToolServer

_TRACING: tuple[tuple[str, str, frozenset[str]], ...] = (
    # variable, kind of log, values that switch it off
    ("OTEL_SDK_DISABLED", "otel", frozenset({"true", "1"})),
    ("OTEL_TRACES_EXPORTER", "otel", frozenset({"none"})),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel", frozenset({""})),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "otel", frozenset({""})),
    ("LANGSMITH_TRACING", "langsmith", frozenset({"false", "0", ""})),
    ("LANGCHAIN_TRACING_V2", "langsmith", frozenset({"false", "0", ""})),
    ("LANGFUSE_HOST", "langfuse", frozenset({""})),
)
_CONTENT = regex(
    r"CAPTURE_MESSAGE_CONTENT$|LOG_(?:USER_)?PROMPTS$|^LANGCHAIN_VERBOSE$|^LITELLM_LOG$"
    r"|LOG_(?:MESSAGES|TOOL)|^SPRING_AI_\w{1,60}_OBSERVATIONS_(?:LOG|INCLUDE)_[A-Z]"
    r"|^(?:QUARKUS_)?LANGCHAIN4J_(?:\w{1,80}_)?LOG_(?:REQUESTS|RESPONSES)"
    r"|OTEL_DIAGNOSTICS_SENSITIVE$",
    re.IGNORECASE,
)
_TRACED = regex(r"CAPTURE_MESSAGE_CONTENT$|^OTEL_|_TELEMETRY_", re.IGNORECASE)
"""What goes to where traces go, and is not printed."""
_LEVEL = "LITELLM_LOG"
"""A level, of which one alone prints messages: docs.litellm.ai, "Debugging"."""
_EVENT = "POWERTOOLS_LOGGER_LOG_EVENT"
"""With which Powertools for AWS Lambda prints what a function is asked: of an agent, the prompt."""
_RETRIES = regex(
    r"^(?:LLM|MODEL|AGENT|TOOL|OPENAI|ANTHROPIC|LITELLM|BEDROCK)_(?:\w+_)?"
    r"(?:MAX_RETR(?:Y|IES)|MAX_ATTEMPTS|RETRY_(?:LIMIT|MAX)|NUM_RETRIES)$",
    re.IGNORECASE,
)
_INSECURE: dict[str, frozenset[str]] = {
    "NODE_TLS_REJECT_UNAUTHORIZED": frozenset({"0", "false"}),
    "SSL_VERIFY": frozenset({"0", "false"}),
    "VERIFY_SSL": frozenset({"0", "false"}),
    "REQUESTS_CA_BUNDLE": frozenset({""}),
    "CURL_CA_BUNDLE": frozenset({""}),
    "GIT_SSL_NO_VERIFY": frozenset({"1", "true"}),
}
"""Not `PYTHONHTTPSVERIFY`, which Python 2.7 alone asks for (PEP 493)."""
_WITHOUT_END = frozenset({"-1", "inf", "infinity", "infinite", "unlimited", "forever"})


def place_of(setting: Setting) -> Evidence:
    """Where a setting stands, with as much of its value as nobody minds."""
    snippet = (
        f"{setting.key}={bare_url(setting.content)}"
        if "://" in setting.content
        else assignment(setting.key, setting.content)
        if not re.fullmatch(r"-?[\w.]{0,12}", setting.content)
        else f"{setting.key}={setting.content}"
    )
    return evidence(setting.document, setting.value, snippet)


def mark_unverified(collector: Collector, settings: Iterable[Setting], owner: FactId) -> None:
    """Notes of what is given variables that it takes any certificate for the right one."""
    told = next(filter(_switches_verification_off, settings), None)
    fact = collector.facts.get(owner) if told is not None else None
    if told is not None and isinstance(fact, Runtime | ToolServer):
        places = with_place(fact, place_of(told))
        collector.update(replace(fact, tls_verification_off=True, evidence=places))


def _switches_verification_off(setting: Setting) -> bool:
    values = _INSECURE.get(setting.key.upper())
    return values is not None and literal_of(setting.content).lower() in values


def add_logs(collector: Collector, settings: Sequence[Setting], owner: FactId) -> None:
    """The logs that an environment switches on or off."""
    by_name = {setting.key.upper(): setting for setting in settings if not _is_to_fill_in(setting)}
    runtime = collector.facts.get(owner)
    asked = isinstance(runtime, Runtime) and runtime.runs_agent
    content = next((item for item in settings if _logs_content(item, of_agent=asked)), None)
    printed = content is not None and not _TRACED.search(content.key)
    kept = runtime.log_retention if printed and isinstance(runtime, Runtime) else Known.UNKNOWN
    traced = [(kind, by_name[name], off) for name, kind, off in _TRACING if name in by_name]
    for kind in dict.fromkeys(kind for kind, _, _ in traced):
        found = [(setting, off) for log, setting, off in traced if log == kind]
        places = tuple(place_of(setting) for setting, _ in found)
        off = [item for item, none in found if literal_of(item.content).lower() in none]
        log = _add_log(collector, kind, owner, places, enabled=not off, content=content is not None)
        if off and all(variable_of(item.content) for item in off):
            collector.update(replace(log, confidence=Confidence.POSSIBLE))
    if content is not None and not traced:
        log = _add_log(collector, "log", owner, (place_of(content),), enabled=True, content=True)
        collector.update(replace(log, retention=kept))


def _is_to_fill_in(setting: Setting) -> bool:
    """Whether a file of variables leaves one empty, as those do that are kept for their names."""
    return setting.document.syntax == "dotenv" and not setting.content


def log_id(kind: str, owner: FactId) -> FactId:
    """The id of a log of one kind that a runtime's environment switches on or off."""
    return fact_id("audit_log", kind, f"{owner}/{kind}")


def _add_log(
    collector: Collector,
    kind: str,
    owner: FactId,
    places: tuple[Evidence, ...],
    *,
    enabled: bool,
    content: bool,
) -> AuditLog:
    of = collector.facts.get(owner)
    return collector.add(
        AuditLog(
            id=log_id(kind, owner),
            name=f"{kind} of {of.name}" if of is not None else kind,
            evidence=places,
            environment=of.environment if of is not None else "",
            kind=kind,
            enabled=Truth.YES if enabled else Truth.NO,
            content_logged=content,
        )
    )


def _logs_content(setting: Setting, *, of_agent: bool) -> bool:
    named = _CONTENT.search(setting.key) is not None or (of_agent and setting.key == _EVENT)
    value = literal_of(setting.content).lower()
    return named and (value == "debug" or (setting.key != _LEVEL and value in {"true", "1", "yes"}))


def add_retries(collector: Collector, settings: Sequence[Setting], owner: FactId) -> None:
    """Retries that an environment lets go on for ever; of what, a name says where it begins."""
    for setting in settings:
        endless = literal_of(setting.content).strip().lower() in _WITHOUT_END
        if endless and _RETRIES.search(setting.key):
            first = setting.key.partition("_")[0].lower()
            collector.add(
                Retry(
                    id=fact_id("retry", setting.key, f"{owner}/{setting.key}"),
                    name=setting.key,
                    evidence=(place_of(setting),),
                    confidence=Confidence.LIKELY,
                    around=first if first in {"agent", "tool"} else "model",
                    limit=Known.NONE,
                )
            )
