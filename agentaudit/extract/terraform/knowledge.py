"""
What knowledge bases of Bedrock know: which buckets they read, and which agents ask them.

Sources: the pages of `aws_bedrockagent_data_source`, `aws_bedrockagent_knowledge_base` and
`aws_bedrockagent_agent_knowledge_base_association` in the Terraform registry, and of
AWS::Bedrock::DataSource and AWS::Bedrock::Agent in the AWS CloudFormation reference. An agent of
AgentCore is told by its environment which one it asks.
"""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.runtimes import served_agent
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Source
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Node

_BASE = "aws_bedrockagent_knowledge_base"
_AGENT = "aws_bedrockagent_agent"
_RUNTIME = "aws_bedrockagentcore_agent_runtime"


def read_buckets(module: Module) -> Iterator[tuple[Node, Declared]]:
    """What knowledge bases take texts from: the name of each bucket, with who names it."""
    for source in module.resources("aws_bedrockagent_data_source"):
        node = source.body.get("data_source_configuration", "s3_configuration", "bucket_arn")
        if node is not None:
            yield node, source


def add_texts_of_strangers(
    bucket: Declared, opened: Evidence, source: Declared, collector: Collector
) -> None:
    """What anybody may put into a bucket, as what the agents hear that ask its knowledge base."""
    agents = tuple(dict.fromkeys(_asking(source)))
    if not agents:
        return
    place = source.place()
    fact = collector.add(
        Source(
            id=fact_id("source", bucket.title, f"{bucket.key}.strangers"),
            name=f"what anybody puts into {bucket.title}",
            evidence=(opened, place),
        )
    )
    for agent in agents:
        collector.link(EdgeKind.INGESTS, agent, fact.id, place)


def _asking(source: Declared) -> Iterator[FactId]:
    """The agents that ask the knowledge base of a data source."""
    module, asked = source.module, _Asked(source)
    agents = module.references(_AGENT)
    for joined in module.resources(f"{_AGENT}_knowledge_base_association"):
        agent = agents.referred(joined.body.raw_at("agent_id"))
        if agent is not None and asked.is_named(joined.body.get("knowledge_base_id")):
            yield fact_id("agent", agent.title, agent.key)
    for agent in module.resources(_AGENT):
        listed = agent.body.list_at("knowledge_bases")
        if any(asked.is_named(each.get("knowledge_base_id")) for each in listed):
            yield fact_id("agent", agent.title, agent.key)
    for runtime in module.resources(_RUNTIME):
        given = runtime.body.get("environment_variables")
        if given is not None and any(asked.is_named(value) for _, value in given.items()):
            yield served_agent(runtime)


class _Asked:
    """The knowledge base that a data source is of."""

    def __init__(self, source: Declared) -> None:
        self._bases = source.module.references(_BASE)
        self._named = source.body.raw_at("knowledge_base_id")
        self._base = self._bases.referred(self._named)

    def is_named(self, node: Node | None) -> bool:
        if node is None or not self._named:
            return False
        base = self._bases.referred(node.raw) if self._base is not None else None
        return node.raw == self._named or (base is not None and base is self._base)
