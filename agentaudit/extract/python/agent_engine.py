"""
Agents that Python code deploys to Vertex AI Agent Engine: their account, and their memory bank.

`client.agent_engines.create(agent=…, config={…})` of the package `google-cloud-aiplatform`, and the
older `agent_engines.create(app, …)`; by Google Cloud, "Deploy an agent" and "Set up Memory Bank".
"""

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.google.platforms import (
    DEFAULT_INSTANCES,
    SERVICE_AGENT,
    add_default_account,
    google_runtime,
)
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.sizes import seconds_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime

_CREATES = frozenset(
    {
        "vertexai.agent_engines.create",
        "vertexai.preview.agent_engines.create",
        "vertexai.preview.reasoning_engines.ReasoningEngine.create",
    }
)
_DEPLOYED = ("agent_engine", "agent", "reasoning_engine")
_SOURCE = ("source_packages", "entrypoint_module")
"""What a configuration has where it names the agent by its source."""


class _Settings(Struct, frozen=True):
    """What is asked of a deployment, as keywords or in its `config`."""

    module: Module
    given: Mapping[str, ast.expr]
    whole: bool
    """Whether all of it stands in the call."""

    def has(self, *names: str) -> bool:
        return any(name in self.given for name in names)

    def at(self, *route: str) -> ast.expr | None:
        """What stands at the end of a route of keys."""
        found: Mapping[str, ast.expr] = self.given
        for name in route[:-1]:
            found = _keys(found.get(name))
        return found.get(route[-1])


def add_engines(
    module: Module, calls: Sequence[Call], agents: Sequence[Agent], collector: Collector
) -> None:
    """Every deployment of a module; the agents of its file are what it deploys."""
    clients = {call.variable for call in calls if call.name == "vertexai.Client"}
    for call in calls:
        owner, _, method = call.name.rpartition(".agent_engines.")
        if call.name not in _CREATES and not (method == "create" and owner in clients):
            continue
        settings = _settings(module, call)
        if call.node.args or settings.has(*_DEPLOYED, *_SOURCE):
            _add_engine(call, settings, agents, collector)


def _settings(module: Module, call: Call) -> _Settings:
    given = {item.arg: item.value for item in call.node.keywords if item.arg is not None}
    config = module.meant(keyword(call.node, "config"))
    whole = config is None or (isinstance(config, ast.Dict) and None not in config.keys)
    return _Settings(module, {**given, **_keys(config)}, whole and not splatted(call.node))


def _keys(node: ast.expr | None) -> dict[str, ast.expr]:
    """The keys of a mapping that is written out, or of a call with keywords."""
    if isinstance(node, ast.Call):
        return {item.arg: item.value for item in node.keywords if item.arg is not None}
    if not isinstance(node, ast.Dict):
        return {}
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _add_engine(
    call: Call, settings: _Settings, agents: Sequence[Agent], collector: Collector
) -> None:
    module = settings.module
    name = plain(module.text(settings.at("display_name")) or call.variable or "agent engine")
    key = f"{module.document.file}#{call.variable or name}.agent_engine"
    runtime = google_runtime(name, key, "agent_engine", (module.place(call.node, call.last),))
    known, count = _instances(settings)
    own = settings.has("service_account", "identity_type") or not settings.whole
    runtime = collector.add(
        replace(
            runtime,
            runs_agent=True,
            instances=known,
            instances_count=count,
            service_account="" if own else "default",
        )
    )
    _act(settings, runtime, collector, own=own)
    if not module.affords(len(agents)):
        what = f"which agents {name} runs is one of too many pairs"
        collector.leave_open(runtime.evidence[0], what, "what runs there is open")
        agents = ()
    for agent in agents:
        place = runtime.evidence[0]
        collector.link(EdgeKind.RUNS_ON, agent.id, runtime.id, place, confidence=Confidence.LIKELY)
    bank = settings.at("context_spec", "memory_bank_config")
    if bank is not None:
        store = collector.add(_memory_bank(settings, bank, name, key))
        for agent in agents:
            collector.remember(agent.id, store, confidence=Confidence.LIKELY)


def _act(settings: _Settings, runtime: Runtime, collector: Collector, *, own: bool) -> None:
    if not own:
        folder = settings.module.document.file.rpartition("/")[0]
        add_default_account(collector, runtime, folder, SERVICE_AGENT)
    elif not settings.whole or settings.has("service_account"):
        what = f"the account of {runtime.name}"
        collector.leave_open(runtime.evidence[0], what, "what it may do is not known")


def _instances(settings: _Settings) -> tuple[Known, int | None]:
    given = settings.at("max_instances")
    if given is None:
        return (Known.SET, DEFAULT_INSTANCES) if settings.whole else (Known.UNKNOWN, None)
    count = settings.module.value(given)
    return (Known.SET, count) if isinstance(count, int) else (Known.UNKNOWN, None)


def _memory_bank(settings: _Settings, bank: ast.expr, name: str, key: str) -> MemoryStore:
    """Memories are kept for ever unless a time to live is set, for all or for some kinds."""
    module = settings.module
    ttl = settings.at("context_spec", "memory_bank_config", "ttl_config", "default_ttl")
    some = settings.at("context_spec", "memory_bank_config", "ttl_config")
    written = bool(_keys(bank)) or (isinstance(bank, ast.Dict) and not bank.keys)
    known = Known.SET if ttl is not None or some is not None else Known.NONE
    value = module.value(ttl)
    return MemoryStore(
        id=fact_id("memory_store", name, f"{key}.memory_bank"),
        name=f"memory bank of {name}",
        evidence=(module.place(ttl or bank),),
        kind="managed",
        backend="vertex",
        scope="user",
        ttl=known if written and (ttl is None or value is not UNFOLDED) else Known.UNKNOWN,
        ttl_s=seconds_of(value, "s") if isinstance(value, str) else None,
        compaction=Known.SET,
        persistent=Truth.YES,
        agent_writable=Truth.YES,
        managed_service=True,
        sweep=Known.SET,
    )
