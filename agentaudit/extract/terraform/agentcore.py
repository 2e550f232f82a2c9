"""
Agents, memories and gateways of Amazon Bedrock AgentCore, in the words of Terraform.

CloudFormation and AgentCore's own project files are brought into these words and read here too.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.containers.facts import tool_server_id
from agentaudit.extract.terraform.agentcore_harness import add_harness_servers
from agentaudit.extract.terraform.agentcore_memories import managed_memories, memories_of
from agentaudit.extract.terraform.agentcore_tools import add_agentcore_tools, proofs_of
from agentaudit.extract.terraform.agents import known
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.runtimes import authenticate, served_agent, serves_tools
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node

_JOINED = Budget("joined memories", 20_000)
"""Agents times memories."""
_BROKERING = ("oauth", "api_key", "gateway_iam_role")
_PASSING_ON = ("jwt_passthrough", "caller_iam_credentials")


def add_agentcore(module: Module, principals: Principals, collector: Collector) -> None:
    """Everything of AgentCore in a module; what stands side by side there is likely joined."""
    agents = [*_add_runtimes(module, collector), *_add_harnesses(module, principals, collector)]
    strategies = module.referring("memory_id", "aws_bedrockagentcore_memory_strategy")
    for declared in module.resources("aws_bedrockagentcore_memory"):
        for store in map(
            collector.add, memories_of(declared, strategies.get(declared.address, ()))
        ):
            what, effect = f"which agents remember in {store.name}", "what is kept there is open"
            room = collector.affords(_JOINED, len(agents), (store.evidence[0], what, effect))
            for agent in agents if room else ():
                collector.remember(agent, store, confidence=Confidence.LIKELY)
    targets = module.referring("gateway_identifier", "aws_bedrockagentcore_gateway_target")
    here: set[str] = set()
    for declared in module.resources("aws_bedrockagentcore_gateway"):
        served = targets.get(declared.address, ())
        gateway = collector.add(_gateway(declared, served))
        authenticate(principals, declared, gateway.id, ("role_arn",))
        here.update(target.key for target in served)
    for target in module.resources("aws_bedrockagentcore_gateway_target"):
        if target.key not in here:
            _add_gateway_elsewhere(target, collector)
    add_agentcore_tools(module, principals, collector, agents)


def _add_runtimes(module: Module, collector: Collector) -> Iterator[FactId]:
    """A runtime serves an agent, or tools where its protocol is MCP's."""
    for declared in module.resources("aws_bedrockagentcore_agent_runtime"):
        if serves_tools(declared):
            collector.add(_runtime_server(declared))
        else:
            yield collector.add(_runtime_agent(declared)).id


def _add_harnesses(
    module: Module, principals: Principals, collector: Collector
) -> Iterator[FactId]:
    for declared in module.resources("aws_bedrockagentcore_harness"):
        agent = collector.add(_harness_agent(declared))
        authenticate(principals, declared, agent.id, ("execution_role_arn",))
        for store in (_harness_window(declared), *managed_memories(declared)):
            collector.remember(agent.id, collector.add(store))
        add_harness_servers(declared, agent.id, collector)
        yield agent.id


def _runtime_server(declared: Declared) -> ToolServer:
    """What the container of a runtime is as a server, and that AgentCore asks who calls it."""
    return ToolServer(
        id=tool_server_id(declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(),),
        transport="http",
        authenticated=Truth.YES,
        tls=Truth.YES,
        pinned=Truth.YES,
        remote=True,
    )


def _runtime_agent(declared: Declared) -> Agent:
    """
    AgentCore asks every caller who it is: by the account's IAM, unless an authorizer is set.

    https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-oauth.html
    """
    lifetime = declared.body.get("lifecycle_configuration", "max_lifetime")
    idle = declared.body.get("lifecycle_configuration", "idle_runtime_session_timeout")
    headers = declared.body.list_at("request_header_configuration", "request_header_allowlist")
    taken = [header for header in headers if header.raw.lower() == "authorization"]
    places = (evidence(declared.document, header, header.raw) for header in taken)
    return Agent(
        id=served_agent(declared),
        name=declared.title,
        evidence=(declared.place(), *places),
        framework="agentcore",
        token_passthrough=bool(taken),
        authenticated=Truth.YES,
        timeout=known(lifetime),
        timeout_s=lifetime.integer if lifetime else None,
        session_s=lifetime.integer if lifetime else None,
        idle_session_s=idle.integer if idle else None,
        sandboxed=Truth.YES,
    )


def _harness_agent(declared: Declared) -> Agent:
    body = declared.body
    iterations, timeout = body.get("max_iterations"), body.get("timeout_seconds")
    allowed = body.get("allowed_tools")
    return Agent(
        id=fact_id("agent", declared.title, declared.key),
        name=declared.title,
        evidence=(declared.place(),),
        framework="agentcore-harness",
        max_iterations=known(iterations),
        max_iterations_count=iterations.integer if iterations else None,
        timeout=known(timeout),
        timeout_s=timeout.integer if timeout else None,
        budget=known(body.get("max_tokens")),
        wildcard_tools=any(tool.raw == "*" for tool in (allowed.list() if allowed else ())),
    )


def _harness_window(declared: Declared) -> MemoryStore:
    """What of a session a harness hands to its model: all of it, where nothing truncates."""
    block = declared.body.get("truncation")
    strategy = block.get("strategy") if block else None
    count = block.get("config", "sliding_window", "messages_count") if block else None
    cut = known(block) if strategy is None else known(strategy)
    if strategy is None or strategy.raw.lower() == "none":
        cut = Known.UNKNOWN if cut is Known.UNKNOWN else Known.NONE
    return MemoryStore(
        id=fact_id("memory_store", declared.title, f"{declared.key}.window"),
        name=f"window of {declared.title}",
        evidence=(
            evidence(declared.document, count or strategy or block) if block else declared.place(),
        ),
        kind="window",
        backend="agentcore",
        scope="session",
        max_turns=known(count),
        max_turns_count=count.integer if count else None,
        max_tokens=Known.NONE,
        compaction=cut,
        persistent=Truth.NO,
        managed_service=True,
    )


def _gateway(declared: Declared, targets: Sequence[Declared]) -> Gateway:
    body = declared.body
    kind = body.get("authorizer_type")
    text = "none" if kind is None else kind.raw.lower()
    unknown = kind is not None and kind.unknown
    proofs = [proof for target in targets for proof in proofs_of(target)]
    providers = {name for name, _ in proofs}
    place = evidence(declared.document, kind) if kind else declared.place()
    passing = (where for name, where in proofs if name in _PASSING_ON)
    level = body.get("exception_level")
    told = level is not None and level.raw.upper() == "DEBUG"
    telling = (evidence(declared.document, level),) if level is not None and told else ()
    gateway = Gateway(
        id=fact_id("gateway", declared.title, declared.key),
        name=declared.title,
        evidence=(place,),
        product="agentcore",
        authorizer=Known.UNKNOWN if unknown else Known.NONE if text == "none" else Known.SET,
        policy_enforced=_enforced(body),
        token_passthrough=not providers.isdisjoint(_PASSING_ON),
        tells_errors=told,
        brokers_credentials=Truth.UNKNOWN if providers.isdisjoint(_BROKERING) else Truth.YES,
    )
    return replace(gateway, evidence=with_place(gateway, *passing, *telling))


def _add_gateway_elsewhere(target: Declared, collector: Collector) -> None:
    """The gateway of another repository that hands on, by this target, the tokens of callers."""
    passing = [where for name, where in proofs_of(target) if name in _PASSING_ON]
    if passing:
        title = f"of {target.title}"
        collector.add(
            Gateway(
                id=fact_id("gateway", title, f"{target.key}.gateway"),
                name=title,
                evidence=tuple(passing),
                product="agentcore",
                token_passthrough=True,
            )
        )


def _enforced(body: Node) -> Truth:
    """Whether anything decides on calls; an engine in the mode `LOG_ONLY` lets all of them pass."""
    engine = body.get("policy_engine_configuration")
    mode = engine.get("mode") if engine is not None else None
    if body.get("interceptor_configuration") or body.get("interceptor_configurations"):
        return Truth.YES
    if engine is None or (mode is not None and mode.raw == "LOG_ONLY"):
        return Truth.NO
    return Truth.UNKNOWN if mode is not None and mode.unknown else Truth.YES
