"""Agents of Bedrock in Terraform, with their models, instructions, tools and memory."""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.named_effects import named_effects
from agentaudit.extract.openapi import described
from agentaudit.extract.schemas import as_taking, is_free_form
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.runtimes import authenticate
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent, Instruction, Model
from agentaudit.model.facts.controls import Guardrail
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Node

_AGENT = "aws_bedrockagent_agent"
_DAY_S = 86_400


def add_agents(module: Module, principals: Principals, collector: Collector) -> None:
    """The agents of Bedrock in a module, with what steers them."""
    agents: dict[str, FactId] = {}
    for declared in module.resources(_AGENT):
        agents[declared.address] = _add_bedrock_agent(declared, principals, collector)
        authenticate(principals, declared, agents[declared.address], ("agent_resource_role_arn",))
    for declared in module.resources("aws_bedrockagent_agent_action_group"):
        _add_action_group(declared, agents, principals, collector)


def _add_bedrock_agent(declared: Declared, principals: Principals, collector: Collector) -> FactId:
    place, body = declared.place(), declared.body
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
    _add_own_groups(declared, agent.id, principals, collector)
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
        ttl_s=seconds_of_days(days),
        max_turns=known(recent),
        max_turns_count=recent.integer if recent else None,
        compaction=Known.SET,
        persistent=Truth.YES,
        managed_service=True,
        sweep=Known.SET,
    )


def _add_action_group(
    declared: Declared, agents: dict[str, FactId], principals: Principals, collector: Collector
) -> None:
    """The functions of an action group as tools of their agent."""
    reference = declared.body.get("agent_id")
    agent = declared.module.references(_AGENT).referred(reference.raw) if reference else None
    owner = agents[agent.address] if agent is not None else None
    schema = declared.body.get("function_schema", "member_functions", "functions")
    _add_functions(declared, schema, owner, collector)
    _add_operations(declared, declared.body, owner, principals)


def _add_own_groups(
    declared: Declared, agent: FactId, principals: Principals, collector: Collector
) -> None:
    """The functions of action groups that stand within their agent, as in CloudFormation."""
    for group in declared.body.list_at("action_groups"):
        _add_functions(declared, group.get("function_schema", "functions"), agent, collector)
        _add_operations(declared, group, agent, principals)


def _add_operations(
    declared: Declared, group: Node, owner: FactId | None, principals: Principals
) -> None:
    """The operations of an action group that has an API in place of functions."""
    payload = group.get("api_schema", "payload")
    if payload is None:
        return
    collector, documents = principals.collector, principals.documents
    end = (collector, evidence(declared.document, payload), declared.shown)
    for each in described(payload, declared.document, documents, end):
        name, place = plain(each.name), evidence(declared.document, each.place, plain(each.name))
        tool = Tool(
            id=fact_id("tool", name, f"{declared.key}.{name}"),
            name=name,
            evidence=(place,),
            effects=named_effects(name),
            output_typed=each.output_typed,
            approval=Truth.YES if each.confirmed else Truth.NO,
        )
        fact = collector.add(as_taking(tool, each.taken))
        if owner is not None:
            collector.link(EdgeKind.INVOKES, owner, fact.id, place)


def _add_functions(
    declared: Declared, listed: Node | None, owner: FactId | None, collector: Collector
) -> None:
    for function in listed.list() if listed is not None else ():
        name = function.get("name")
        if name is None or not name.text:
            continue
        confirmed, place = function.get("require_confirmation"), evidence(declared.document, name)
        tool = collector.add(
            Tool(
                id=fact_id("tool", name.text, f"{declared.key}.{name.text}"),
                name=name.text,
                evidence=(place,),
                effects=named_effects(name.text),
                typed=Truth.YES,
                free_form_parameters=tuple(_free_form(function)),
                approval=Truth.YES
                if confirmed is not None and confirmed.raw == "ENABLED"
                else Truth.NO,
            )
        )
        if owner is not None:
            collector.link(EdgeKind.INVOKES, owner, tool.id, place)


def _free_form(function: Node) -> Iterator[str]:
    """
    Parameters that take any text where a command, a query or an address is meant.

    Each has one of five types, and nothing else holds it; a function without any takes none.
    """
    for block in function.list_at("parameters"):
        label = block.get("map_block_key")
        named = ((label.raw, block),) if label is not None else tuple(block.items())
        yield from (plain(name) for name, given in named if is_free_form(name, given))


def known(node: Node | None) -> Known:
    """Whether a setting is there, and can be read."""
    if node is None:
        return Known.NONE
    return Known.UNKNOWN if node.unknown else Known.SET


def seconds_of_days(days: Node | None) -> int | None:
    """How long a number of days is, in seconds; None for what is no number."""
    count = days.integer if days is not None else None
    return count * _DAY_S if count is not None else None
