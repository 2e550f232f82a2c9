"""Nodes that are alike are asked as one, and nobody who reads the answer can tell."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.flows import CALL, TAINT
from agentaudit.threats.graph import ThreatGraph, threat_graph
from agentaudit.threats.likeness import ASKED, folded
from agentaudit.threats.model import threat_model
from agentaudit.threats.stages import STAGES
from agentaudit.threats.views import View
from tests.threats.deployments import baseline, deployments, egresses, sourced, tools

RULES = load_threat_rules()
(SOURCE,) = sourced(baseline()).sources
TOOL = "@tool\ndef t{0}(url: str) -> str:\n    '''A tool.'''\n    return httpx.get(url).text\n"


def said_again(deployment: Deployment, times: int) -> Deployment:
    """With more tools, sources and ways out of other names, joined as those there are."""

    def again(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
        return tuple(
            replace(fact, id=_renamed(fact.id, number), name=f"{fact.name}.{number}")
            for fact in facts
            for number in range(times)
        )

    edges = (
        replace(item, src=_renamed(item.src, number), dst=_renamed(item.dst, number))
        for item in deployment.edges
        for number in range(times)
    )
    return replace(
        deployment,
        tools=again(deployment.tools),
        sources=again(deployment.sources),
        egresses=again(deployment.egresses),
        edges=tuple(dict.fromkeys(edges)),
    )


def _renamed(name: FactId, number: int) -> FactId:
    repeated = name.startswith(("tool:", "source:", "egress:"))
    return FactId(f"{name}{number}") if repeated else name


@settings(max_examples=100)
@given(deployments(), st.integers(1, 3))
def test_who_asks_all_that_are_alike_at_once_is_told_the_same(
    deployment: Deployment, times: int
) -> None:
    """Paths, how many stand behind each, numbers, and the names of what would be changed."""
    repeated = said_again(deployment, times)
    together = threat_model(repeated, RULES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agentaudit.threats.model.folded", lambda graph, _: graph)
        one_by_one = threat_model(repeated, RULES)

    assert together == one_by_one


@settings(max_examples=40)
@given(deployments())
def test_ways_from_all_that_are_alike_to_all_that_are_alike_are_counted(
    deployment: Deployment,
) -> None:
    """As many as there are starts, times as many as there are ends."""
    graph = threat_graph(said_again(deployment, 2))

    assert ways(folded(graph, RULES)) == ways(graph)


def ways(graph: ThreatGraph) -> int:
    """How many there are from a source to a tool."""
    view = View(graph=graph, classes=RULES.actions)
    return view.pairs(TAINT | CALL, view.stage("source"), view.stage("tool"))


def asked_of(tools: int) -> ThreatGraph:
    """The graph that is asked of an agent with so many tools."""
    names = ", ".join(f"t{number}" for number in range(tools))
    text = (
        "from langgraph.prebuilt import create_react_agent\nimport httpx\n"
        f"from langchain_core.tools import tool\n{''.join(map(TOOL.format, range(tools)))}"
        f"agent = create_react_agent('openai:gpt-4o', tools=[{names}])\n"
    )
    return folded(threat_graph(deployment_of({"agent.py": text})), RULES)


def test_tools_that_are_alike_are_one_node_however_many() -> None:
    """With what strangers write that they return, and whomever they reach."""
    few, many = asked_of(2), asked_of(20)
    sizes = {len(facts) for facts in many.alike.values()}

    assert (len(many.nodes), len(many.edges)) == (len(few.nodes), len(few.edges))
    assert sizes == {20}


def test_nodes_of_which_each_has_a_path_stay_apart() -> None:
    """Where a pattern is told of tools, each of them is a path."""
    query = replace(RULES.queries[0], per="tool", each="tool")
    graph = threat_graph(said_again(baseline(), 3))
    kept = folded(graph, replace(RULES, queries=(query,))).nodes

    assert [node for node in kept if node.kind == "tool"] == [
        node for node in graph.nodes if node.kind == "tool"
    ]


@given(
    st.one_of(
        tools(0),
        st.sampled_from(["untrusted", "user", "reviewed"]).map(
            lambda trust: replace(SOURCE, trust=trust)
        ),
        egresses(),
    )
)
def test_no_stage_asks_what_those_that_are_alike_may_differ_in(fact: Fact) -> None:
    """A field that a stage comes to ask for belongs to what is compared."""
    known = SimpleNamespace(**{name: getattr(fact, name) for name in ASKED[type(fact)]})
    stages = [stage for stage in STAGES.values() if isinstance(fact, stage.kind)]

    assert [stage.belongs(known) for stage in stages] == [stage.holds(fact) for stage in stages]
