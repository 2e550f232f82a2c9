"""What multiplies beyond any drawing is left open: said, with a place, and never silently cut."""

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment, EdgeKind, FileCoverage, FileStatus
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.model.threat import ThreatModel
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.graph import ThreatGraph, threat_graph
from agentaudit.threats.model import threat_model
from tests.threats.deployments import AGENT, SERVER, baseline, deployments, edge, key, web_tool

RULES = load_threat_rules()
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


def test_a_tool_that_may_read_what_is_private_may_act_as_its_process() -> None:
    """Nobody excludes it until somebody says that it reads nothing of the kind."""
    deployment = executing()

    def acting(reads: Truth) -> set[bool]:
        tools = (
            replace(tool, effects=(), effects_known=True, reads_private=reads)
            for tool in deployment.tools
        )
        graph = threat_graph(replace(deployment, tools=tuple(tools)))
        kind = EdgeKind.AUTHENTICATES_AS
        return {item.known for item in graph.edges if item.kind == kind and "tool" in item.src}

    assert [acting(Truth.NO), acting(Truth.UNKNOWN)] == [set(), {False}]


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
    deployment = replace(executing(), coverage=(read,))
    whole = threat_model(deployment, RULES)
    monkeypatch.setattr("agentaudit.threats.draft.MOST_PAIRS", 7)
    cut = threat_model(deployment, RULES)
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


def ranks(model: ThreatModel) -> dict[str, int]:
    return {path.id: path.severity.rank for path in (*model.paths, *model.cannot_exclude)}


def test_an_agent_of_which_not_all_ways_are_walked_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The path stands there, with the shortest way; the model says that others may be graver."""
    whole = threat_model(shared(), RULES)
    monkeypatch.setattr("agentaudit.threats.matches.MOST_EFFORT", 0)
    cut = threat_model(shared(), RULES)
    thefts = {end.what for end in cut.unresolved if end.what.startswith("credential-theft")}

    assert ranks(cut) == ranks(whole)
    assert (whole.incomplete, cut.incomplete) == (False, True)
    assert thefts == {
        f"credential-theft through {name} has more ways than can be walked" for name in ("a1", "a2")
    }


@settings(max_examples=60)
@given(deployments())
def test_no_path_is_lost_where_not_all_ways_are_walked(deployment: Deployment) -> None:
    """Only how grave it may be at worst, and in how many ways it goes."""
    whole = ranks(threat_model(deployment, RULES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agentaudit.threats.matches.MOST_EFFORT", -1)
        cut = ranks(threat_model(deployment, RULES))

    assert cut.keys() == whole.keys()
    assert all(cut[name] <= whole[name] for name in whole)
