"""What would help: found by asking again, told with a sketch that holds no text as code."""

import pytest
import yaml
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import Lifetime
from agentaudit.model.threat import MitigationOutcome
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.blast_radius import HORIZON_HOURS
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.mitigations import TOGETHER
from agentaudit.threats.model import threat_model
from agentaudit.threats.operators import OPERATORS
from agentaudit.threats.views import View
from tests.threats.deployments import baseline, cloud_tool, key, limited, web_tool

RULES = load_threat_rules()


def outcomes(deployment: Deployment) -> dict[str, MitigationOutcome]:
    return {item.name: item for item in threat_model(deployment, RULES).mitigations}


def test_every_operator_has_its_texts() -> None:
    """An operator without words could not be told; words without an operator promise nothing."""
    assert set(OPERATORS) == set(RULES.mitigations)


def test_the_gateway_ends_theft_and_closes_what_needs_the_key() -> None:
    """The flagship: THEFT to nothing, LIVE as before, the long-lived key out of every path."""
    model = threat_model(baseline(), RULES)
    gateway = outcomes(baseline())["interpose-gateway"]
    queries = {path.id: path.query for path in model.paths}

    assert gateway.blast_radius.theft_action_hours.high == 0
    assert gateway.blast_radius.live == model.blast_radius.live
    assert {queries[name] for name in gateway.closes} == {
        "credential-theft",
        "untrusted-to-privileged-write",
    }
    assert gateway.opens == ()


def test_short_lives_alone_leave_the_hour() -> None:
    """An hour of theft is left for a process that still holds the token."""
    found = outcomes(baseline())
    before = threat_model(baseline(), RULES).blast_radius.theft_action_hours.high

    assert found["set-ttl"].blast_radius.theft_action_hours.high == before / HORIZON_HOURS
    assert (
        found["workload-identity"].blast_radius.theft_action_hours
        == found["set-ttl"].blast_radius.theft_action_hours
    )


def test_what_changes_nothing_is_not_offered() -> None:
    """A limited network is not limited again, and nothing is bounded that is not there."""
    found = outcomes(limited(baseline()))

    assert "egress-allowlist" not in found
    assert "bound-memory" not in found
    assert "drop-privileges" not in found


def test_steps_together_leave_less_than_each_alone() -> None:
    """Credential work and permission work are both needed."""
    found = outcomes(baseline())
    together = found.pop(TOGETHER)

    assert ", then " in together.description
    assert together.blast_radius.theft_action_hours.high == 0
    assert together.blast_radius.live_permissions_management.high == 0
    assert all(len(together.closes) >= len(alone.closes) for alone in found.values())


def test_nothing_is_offered_where_nothing_is_open() -> None:
    """A deployment without untrusted input has nothing to close."""
    quiet = replace(web_tool(), reads_untrusted=Truth.NO)
    closed = replace(
        limited(baseline()),
        tools=(cloud_tool(approval=Truth.YES), quiet),
        credentials=(key(lifetime=Lifetime.SHORT, ttl_s=900),),
    )

    assert outcomes(closed) == {}


def test_no_sketch_is_drawn_for_what_only_may_be() -> None:
    """Where nothing certain is gained, a change is a row without a sketch."""
    unclear = tuple(
        replace(tool, effects=(), effects_known=False, reads_untrusted=Truth.UNKNOWN)
        for tool in baseline().tools
    )
    found = outcomes(replace(limited(baseline()), tools=unclear))

    assert found
    assert {item.patch for item in found.values()} == {""}
    assert outcomes(baseline())["interpose-gateway"].patch


@pytest.mark.parametrize(
    "name", ["aws", "evil\n  - injected: true", 'quote " and \\ back', "# comment", "{names} {0}"]
)
def test_the_gateway_sketch_is_yaml_whatever_the_names(name: str) -> None:
    """The sketch can be loaded, and a hostile name stays a name."""
    server = replace(baseline().tool_servers[0], name=name, arguments=(name,))
    named = replace(baseline().credentials[0], name=name)
    deployment = replace(baseline(), tool_servers=(server,), credentials=(named,))
    sketch = yaml.safe_load(outcomes(deployment)["interpose-gateway"].patch)
    route = sketch["binds"][0]["listeners"][0]["routes"][0]

    assert route["backends"][0]["mcp"]["targets"] == [
        {"name": name, "stdio": {"cmd": "aws-mcp", "args": [name]}}
    ]


def test_a_remote_server_becomes_a_remote_target() -> None:
    """The gateway reaches it where the agent reached it before."""
    server = replace(baseline().tool_servers[0], url="https://tools.example.com/mcp", remote=True)
    sketch = yaml.safe_load(
        outcomes(replace(baseline(), tool_servers=(server,)))["interpose-gateway"].patch
    )
    route = sketch["binds"][0]["listeners"][0]["routes"][0]

    assert route["backends"][0]["mcp"]["targets"] == [
        {"name": "aws", "mcp": {"host": "https://tools.example.com/mcp"}}
    ]


def test_operators_leave_the_graph_they_are_given() -> None:
    """A what-if changes nothing."""
    graph = threat_graph(baseline())
    before = (graph.nodes, graph.edges, dict(graph.facts))
    for operator in OPERATORS.values():
        operator(View(graph=graph, classes=RULES.actions))

    assert (graph.nodes, graph.edges, dict(graph.facts)) == before
