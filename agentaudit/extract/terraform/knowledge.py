"""
What knowledge bases of Bedrock know: which buckets they read, and which agents ask them.

Sources: the pages of `aws_bedrockagent_data_source`, `aws_bedrockagent_knowledge_base` and
`aws_bedrockagent_agent_knowledge_base_association` in the Terraform registry, and of
AWS::Bedrock::DataSource and AWS::Bedrock::Agent in the AWS CloudFormation reference. An agent of
AgentCore is told by its environment which one it asks.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

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
    module: Module, read: Iterable[tuple[Declared, Evidence, Declared]], collector: Collector
) -> None:
    """
    What anybody may put into buckets, as what the agents hear that ask their knowledge bases.

    Of each bucket it is known where it is open, and which data source reads it.
    """
    asked = _Asked(module)
    for bucket, opened, source in read:
        agents = asked.by(source.body.raw_at("knowledge_base_id"))
        if not agents:
            continue
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


class _Asked:
    """The agents of a module by the knowledge bases that they ask: as they name them, or by key."""

    def __init__(self, module: Module) -> None:
        self._bases = module.references(_BASE)
        self._agents: dict[str, dict[FactId, None]] = {}
        for agent, node in _asking(module):
            for name in self._names(node.raw) if node is not None else ():
                self._agents.setdefault(name, {})[agent] = None

    def by(self, named: str) -> Sequence[FactId]:
        """The agents that ask the knowledge base that a text names."""
        found = (self._agents.get(name, {}) for name in self._names(named))
        return tuple(dict.fromkeys(chain.from_iterable(found)))

    def _names(self, text: str) -> Iterator[str]:
        base = self._bases.referred(text)
        yield from filter(None, (text, base.key if base is not None else ""))


def _asking(module: Module) -> Iterator[tuple[FactId, Node | None]]:
    """Each agent with what may name a knowledge base that it asks."""
    agents = module.references(_AGENT)
    for joined in module.resources(f"{_AGENT}_knowledge_base_association"):
        agent = agents.referred(joined.body.raw_at("agent_id"))
        if agent is not None:
            yield fact_id("agent", agent.title, agent.key), joined.body.get("knowledge_base_id")
    for agent in module.resources(_AGENT):
        for each in agent.body.list_at("knowledge_bases"):
            yield fact_id("agent", agent.title, agent.key), each.get("knowledge_base_id")
    for runtime in module.resources(_RUNTIME):
        given = runtime.body.get("environment_variables")
        for _, value in given.items() if given is not None else ():
            yield served_agent(runtime), value
