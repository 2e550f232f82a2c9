"""What multiplies beyond any drawing is left open: said, with a place, and never silently cut."""

import pytest
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment, EdgeKind, FileCoverage, FileStatus
from agentaudit.model.facts.fact import FactId
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.graph import ThreatGraph, threat_graph
from agentaudit.threats.model import threat_model
from tests.threats.deployments import AGENT, SERVER, baseline, edge, key, web_tool

NUMBERS = range(3)


def executing() -> Deployment:
    """Tools of one process that run code, and the keys that it sees: nine pairs."""
    keys = tuple(
        replace(key(), id=FactId(f"credential:k{number}-00000001"), holder_id=AGENT)
        for number in NUMBERS
    )
    tools = tuple(
        replace(web_tool(), id=FactId(f"tool:t{number}-00000001"), effects=("execute",))
        for number in NUMBERS
    )
    calls = (edge(EdgeKind.INVOKES, AGENT, tool.id) for tool in tools)
    return replace(baseline(), credentials=keys, tools=tools, edges=(*baseline().edges, *calls))


def shared() -> Deployment:
    """Agents that all call all tools of one server: nine pairs."""
    agents = tuple(
        replace(baseline().agents[0], id=FactId(f"agent:a{number}-00000001"), name=f"a{number}")
        for number in NUMBERS
    )
    tools = tuple(replace(web_tool(), id=FactId(f"tool:t{number}-00000001")) for number in NUMBERS)
    known = (edge(EdgeKind.EXPOSES, agent.id, SERVER) for agent in agents)
    exposed = (edge(EdgeKind.EXPOSES, SERVER, tool.id) for tool in tools)
    return replace(baseline(), agents=agents, tools=tools, edges=(*known, *exposed))


def drawn(graph: ThreatGraph, kind: EdgeKind, start: str) -> set[tuple[str, str]]:
    return {
        (item.src, item.dst)
        for item in graph.edges
        if item.kind == kind and item.src.startswith(start)
    }


def test_what_tools_act_as_is_drawn_for_as_many_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key still has a way to it, through the tools that were drawn."""
    monkeypatch.setattr("agentaudit.threats.draft.MOST_PAIRS", 7)
    graph = threat_graph(executing())
    acting = drawn(graph, EdgeKind.AUTHENTICATES_AS, "tool:")

    assert len(acting) == 6
    assert {name for _, name in acting} >= {item.id for item in executing().credentials}
    assert [(str(end.evidence), end.what) for end in graph.left_open] == [
        (".mcp.json:1:3", "support: what its tools act as, all told, is more than can be drawn")
    ]


def test_a_model_that_was_cut_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes it for an all-clear."""
    read = FileCoverage(file=".mcp.json", status=FileStatus.READ)
    deployment, rules = replace(executing(), coverage=(read,)), load_threat_rules()
    whole = threat_model(deployment, rules)
    monkeypatch.setattr("agentaudit.threats.draft.MOST_PAIRS", 7)
    cut = threat_model(deployment, rules)
    what = "support: what its tools act as, all told, is more than can be drawn"
    said = replace(read, status=FileStatus.PARTIAL, reason=what, line=1, column=3)

    assert (whole.incomplete, whole.coverage) == (False, (read,))
    assert (cut.incomplete, cut.coverage) == (True, (said,))
    assert {end.what for end in cut.unresolved} - {end.what for end in whole.unresolved} == {what}


def test_agents_times_tools_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent that lost tools is named."""
    monkeypatch.setattr("agentaudit.threats.calls.MOST_PAIRS", 7)
    graph = threat_graph(shared())

    assert len(drawn(graph, EdgeKind.INVOKES, "agent:")) == 7
    assert [end.what for end in graph.left_open] == [
        "a2: which tools it may call, all told, is more than can be drawn"
    ]


def test_what_can_be_drawn_leaves_nothing_open() -> None:
    assert threat_graph(executing()).left_open == ()
    assert threat_graph(shared()).left_open == ()
