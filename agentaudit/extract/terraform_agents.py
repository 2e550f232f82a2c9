"""Agents, gateways and managed memory of Bedrock and AgentCore in Terraform."""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.terraform_iam import Principals
from agentaudit.extract.terraform_modules import Declared, Module
from agentaudit.extract.terraform_runtimes import authenticate
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent, Instruction, Model
from agentaudit.model.facts.controls import Gateway, Guardrail
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Node

DAY_S = 86_400
_BROKERING = ("oauth", "api_key", "gateway_iam_role")
_PASSING_ON = ("jwt_passthrough", "caller_iam_credentials")


def add_agents(module: Module, principals: Principals, collector: Collector) -> None:
    """Everything of a module that is an agent, steers one, or stands before its tools."""
    agents: dict[str, FactId] = {}
    for declared in module.resources("aws_bedrockagent_agent"):
        agents[declared.name] = _add_bedrock_agent(declared, collector)
        authenticate(principals, declared, agents[declared.name], ("agent_resource_role_arn",))
    for declared in module.resources("aws_bedrockagent_agent_action_group"):
        _add_action_group(declared, agents, collector)
    runtimes = module.resources("aws_bedrockagentcore_agent_runtime")
    remembering = [collector.add(_runtime_agent(declared)).id for declared in runtimes]
    for declared in module.resources("aws_bedrockagentcore_harness"):
        agent = collector.add(_harness_agent(declared))
        remembering.append(agent.id)
        authenticate(principals, declared, agent.id, ("execution_role_arn",))
        collector.remember(agent.id, collector.add(_harness_window(declared)))
    for declared in module.resources("aws_bedrockagentcore_memory"):
        store = collector.add(_agentcore_memory(declared))
        for agent_id in remembering:  # likely, where a module declares both side by side
            collector.remember(agent_id, store, confidence=Confidence.LIKELY)
    targets = module.resources("aws_bedrockagentcore_gateway_target")
    for declared in module.resources("aws_bedrockagentcore_gateway"):
        own = [target for target in targets if _targets(target, declared)]
        gateway = collector.add(_gateway(declared, own))
        authenticate(principals, declared, gateway.id, ("role_arn",))


def _add_bedrock_agent(declared: Declared, collector: Collector) -> FactId:
    place, body = _place(declared), declared.body
    idle = body.get("idle_session_ttl_in_seconds")
    agent = collector.add(
        Agent(
            id=fact_id("agent", declared.title, declared.key),
            name=declared.title,
            evidence=(place,),
            framework="bedrock",
            authenticated=Truth.YES,
            idle_session_s=idle.integer if idle else None,
            guardrail=known(body.get("guardrail_configuration")),
        )
    )
    model = body.get("foundation_model")
    if model is not None:
        where = evidence(declared.document, model)
        fact = collector.add(
            Model(
                id=fact_id("model", model.raw, f"bedrock/{model.raw}"),
                name=model.raw,
                evidence=(where,),
                provider="bedrock",
                local=Truth.NO,
            )
        )
        collector.link(EdgeKind.INVOKES, agent.id, fact.id, where)
    _add_guardrail(declared, agent.id, collector)
    _add_instruction(declared, agent.id, collector)
    memory = body.get("memory_configuration")
    if memory is not None:
        collector.remember(agent.id, collector.add(_bedrock_memory(declared, memory)))
    return agent.id


def _add_guardrail(declared: Declared, agent: FactId, collector: Collector) -> None:
    block = declared.body.get("guardrail_configuration")
    if block is None:
        return
    place = evidence(declared.document, block)
    guardrail = collector.add(
        Guardrail(
            id=fact_id("guardrail", declared.title, f"{declared.key}.guardrail"),
            name=f"guardrail of {declared.title}",
            evidence=(place,),
            product="bedrock",
        )
    )
    collector.link(EdgeKind.FILTERED_BY, agent, guardrail.id, place)


def _add_instruction(declared: Declared, agent: FactId, collector: Collector) -> None:
    node = declared.body.get("instruction")
    if node is None:
        return
    place = evidence(declared.document, node)
    instruction = collector.add(
        Instruction(
            id=fact_id("instruction", declared.title, f"{declared.key}.instruction"),
            name=f"instruction of {declared.title}",
            evidence=(place,),
            writable_by_agent=Truth.NO,
        )
    )
    collector.link(EdgeKind.PROMPTS, instruction.id, agent, place)


def _bedrock_memory(declared: Declared, block: Node) -> MemoryStore:
    """Summaries of sessions, kept for some days; nobody sets how many, and 20 are recalled."""
    days = block.get("storage_days")
    recent = block.get("session_summary_configuration", "max_recent_sessions")
    return MemoryStore(
        id=fact_id("memory_store", declared.title, f"{declared.key}.memory"),
        name=f"memory of {declared.title}",
        evidence=(evidence(declared.document, days or block),),
        kind="managed",
        backend="bedrock",
        scope="user",
        ttl=known(days),
        ttl_s=_seconds(days),
        max_turns=known(recent),
        max_turns_count=recent.integer if recent else None,
        compaction=Known.SET,
        persistent=Truth.YES,
        managed_service=True,
        sweep=Known.SET,
    )


def _agentcore_memory(declared: Declared) -> MemoryStore:
    days = declared.body.get("event_expiry_duration")
    place = evidence(declared.document, days) if days else _place(declared)
    return MemoryStore(
        id=fact_id("memory_store", declared.title, declared.key),
        name=declared.title,
        evidence=(place,),
        kind="managed",
        backend="agentcore",
        ttl=known(days),
        ttl_s=_seconds(days),
        persistent=Truth.YES,
        agent_writable=Truth.YES,
        managed_service=True,
        sweep=Known.SET,
    )


def _add_action_group(declared: Declared, agents: dict[str, FactId], collector: Collector) -> None:
    """The functions of an action group as tools of their agent."""
    reference = declared.body.get("agent_id")
    owner = next(
        (found for name, found in agents.items() if reference and f".{name}." in reference.raw),
        None,
    )
    for function in _functions(declared):
        name = function.get("name")
        if name is None or not name.text:
            continue
        parameters, confirmed = function.get("parameters"), function.get("require_confirmation")
        place = evidence(declared.document, name)
        tool = collector.add(
            Tool(
                id=fact_id("tool", name.text, f"{declared.key}.{name.text}"),
                name=name.text,
                evidence=(place,),
                typed=Truth.YES if parameters is not None else Truth.NO,
                approval=Truth.YES
                if confirmed is not None and confirmed.raw == "ENABLED"
                else Truth.NO,
            )
        )
        if owner is not None:
            collector.link(EdgeKind.INVOKES, owner, tool.id, place)


def _functions(declared: Declared) -> Iterator[Node]:
    schema = declared.body.get("function_schema", "member_functions", "functions")
    yield from schema.list() if schema else ()


def _runtime_agent(declared: Declared) -> Agent:
    guarded = declared.body.get("authorizer_configuration") is not None
    lifetime = declared.body.get("lifecycle_configuration", "max_lifetime")
    idle = declared.body.get("lifecycle_configuration", "idle_runtime_session_timeout")
    return Agent(
        id=fact_id("agent", declared.title, declared.key),
        name=declared.title,
        evidence=(_place(declared),),
        framework="agentcore",
        authenticated=Truth.YES if guarded else Truth.UNKNOWN,
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
        evidence=(_place(declared),),
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
            evidence(declared.document, count or strategy or block) if block else _place(declared),
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


def _gateway(declared: Declared, targets: list[Declared]) -> Gateway:
    body = declared.body
    kind, engine = body.get("authorizer_type"), body.get("policy_engine_configuration")
    guarded = engine is not None or body.get("interceptor_configuration") is not None
    text = "none" if kind is None else kind.raw.lower()
    unknown = kind is not None and kind.unknown
    providers = {name for target in targets for name in _providers(target)}
    brokered = any(name in providers for name in _BROKERING)
    return Gateway(
        id=fact_id("gateway", declared.title, declared.key),
        name=declared.title,
        evidence=(evidence(declared.document, kind) if kind else _place(declared),),
        product="agentcore",
        authorizer=Known.UNKNOWN if unknown else Known.NONE if text == "none" else Known.SET,
        policy_enforced=Truth.YES if guarded else Truth.NO,
        token_passthrough=any(name in providers for name in _PASSING_ON),
        brokers_credentials=Truth.YES if brokered else Truth.UNKNOWN,
    )


def _targets(target: Declared, gateway: Declared) -> bool:
    reference = target.body.get("gateway_identifier")
    return reference is not None and f"{gateway.type}.{gateway.name}." in reference.raw


def _providers(target: Declared) -> Iterator[str]:
    """How a target's credentials are resolved."""
    block = target.body.get("credential_provider_configuration")
    for each in block.list() if block else ():
        yield from (name.lower() for name, _ in each.items())


def known(node: Node | None) -> Known:
    """Whether a setting is there, and can be read."""
    if node is None:
        return Known.NONE
    return Known.UNKNOWN if node.unknown else Known.SET


def _seconds(days: Node | None) -> int | None:
    count = days.integer if days is not None else None
    return count * DAY_S if count is not None else None


def _place(declared: Declared) -> Evidence:
    return evidence(declared.document, declared.header, declared.shown)
