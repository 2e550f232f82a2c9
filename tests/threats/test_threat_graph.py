"""The graph: what stands between content and damage, however the files say it."""

from msgspec.structs import replace

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FACT_KINDS, Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent, PeerAgent, Source
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant, Resource
from agentaudit.model.facts.runtimes import Egress
from agentaudit.model.facts.tools import ToolServer
from agentaudit.model.threat import GraphEdge
from agentaudit.threats.draft import NOWHERE, ZONES
from agentaudit.threats.graph import threat_graph
from tests.threats.deployments import (
    AGENT,
    BUCKET,
    CLOUD_TOOL,
    HOME,
    KEY,
    NETWORK,
    ROLE,
    SERVER,
    WEB_TOOL,
    baseline,
    cloud_tool,
    edge,
    gated,
    grant,
    place,
    sourced,
    web_tool,
)

GATEWAY = FactId("gateway:tools-00000001")


def edges(deployment: Deployment, kind: EdgeKind) -> dict[tuple[str, str], GraphEdge]:
    found = threat_graph(deployment).edges
    return {(item.src, item.dst): item for item in found if item.kind == kind}


def joined(deployment: Deployment, *pairs: tuple[EdgeKind, str, str]) -> Deployment:
    added = (edge(kind, FactId(src), FactId(dst)) for kind, src, dst in pairs)
    return replace(deployment, edges=(*deployment.edges, *added))


def behind_a_gateway(*servers: FactId) -> Deployment:
    """The agent calls a gateway, the gateway the servers, and only the gateway holds a key."""
    gateway = Gateway(id=GATEWAY, name="tools", evidence=(place(60),))
    held = replace(baseline().credentials[0], holder="gateway", holder_id=GATEWAY)
    kept = [item for item in baseline().edges if AGENT not in (item.src, item.dst)]
    kept = [item for item in kept if item.kind is not EdgeKind.VISIBLE_TO]
    fronted = [(EdgeKind.EXPOSES, GATEWAY, name) for name in servers]
    deployment = replace(baseline(), gateways=(gateway,), credentials=(held,), edges=tuple(kept))
    return joined(deployment, (EdgeKind.INVOKES, AGENT, GATEWAY), *fronted)


def test_tools_behind_a_gateway_act_with_what_it_holds() -> None:
    """The agent never sees the key, and its call is made with it all the same."""
    deployment = behind_a_gateway(SERVER)

    assert (AGENT, CLOUD_TOOL) in edges(deployment, EdgeKind.INVOKES)
    assert edges(deployment, EdgeKind.AUTHENTICATES_AS)[CLOUD_TOOL, KEY].known
    assert edges(deployment, EdgeKind.VISIBLE_TO) == {}


def test_of_several_servers_behind_a_gateway_nobody_knows_which_has_the_key() -> None:
    """No file says which call a credential of the gateway is for."""
    other = ToolServer(id=FactId("tool_server:x-00000001"), name="x", evidence=(place(61),))
    deployment = behind_a_gateway(SERVER, other.id)
    deployment = replace(deployment, tool_servers=(*deployment.tool_servers, other))

    assert not edges(deployment, EdgeKind.AUTHENTICATES_AS)[CLOUD_TOOL, KEY].known


def test_an_edge_may_be_told_from_either_end() -> None:
    """`ingests` from the agent or from the source: the taint flows one way."""
    source = Source(id=FactId("source:x-00000001"), name="x", evidence=(place(62),))
    plain = replace(baseline(), sources=(source,))
    ways = [
        joined(plain, (EdgeKind.INGESTS, AGENT, source.id)),
        joined(plain, (EdgeKind.INGESTS, source.id, AGENT)),
    ]

    assert all((source.id, AGENT) in edges(way, EdgeKind.INGESTS) for way in ways)


def test_a_source_of_a_tool_replaces_the_derived_one() -> None:
    """What a file names is not guessed a second time."""
    source = Source(id=FactId("source:x-00000001"), name="x", evidence=(place(62),))
    deployment = joined(
        replace(baseline(), sources=(source,)), (EdgeKind.INGESTS, WEB_TOOL, source.id)
    )

    assert list(edges(deployment, EdgeKind.INGESTS)) == [(source.id, AGENT)]


def test_a_source_of_a_server_or_a_memory_taints_who_uses_it() -> None:
    """Whatever carries the text, the agent reads it."""
    source = Source(id=FactId("source:x-00000001"), name="x", evidence=(place(62),))
    store = MemoryStore(id=FactId("memory_store:m-00000001"), name="m", evidence=(place(63),))
    plain = replace(baseline(), sources=(source,), memory_stores=(store,))
    by_server = joined(plain, (EdgeKind.INGESTS, SERVER, source.id))
    by_memory = joined(
        plain,
        (EdgeKind.INGESTS, store.id, source.id),
        (EdgeKind.RECALLS_FROM, AGENT, store.id),
    )

    assert (source.id, AGENT) in edges(by_server, EdgeKind.INGESTS)
    assert (source.id, AGENT) in edges(by_memory, EdgeKind.INGESTS)


def test_what_a_remote_agent_answers_is_half_trusted() -> None:
    """Unless it proved who it is; whether it did may be unknown."""

    def delegating(authenticated: Truth) -> Deployment:
        peer = PeerAgent(
            id=FactId("peer_agent:p-00000001"),
            name="p",
            evidence=(place(64),),
            authenticated=authenticated,
        )
        return joined(
            replace(baseline(), peer_agents=(peer,)), (EdgeKind.DELEGATES_TO, AGENT, peer.id)
        )

    def answers(authenticated: Truth) -> list[bool]:
        found = edges(delegating(authenticated), EdgeKind.INGESTS)
        return [item.known for item in found.values()]

    assert answers(Truth.YES) == [True]
    assert sorted(answers(Truth.UNKNOWN)) == [False, True]
    assert answers(Truth.NO) == [True, True]


def test_an_agent_steers_the_one_it_delegates_to() -> None:
    """One way, as the edge says."""
    helper = Agent(id=FactId("agent:helper-00000001"), name="helper", evidence=(place(65),))
    plain = replace(baseline(), agents=(*baseline().agents, helper))
    deployment = joined(plain, (EdgeKind.DELEGATES_TO, AGENT, helper.id))

    assert list(edges(deployment, EdgeKind.DELEGATES_TO)) == [(AGENT, helper.id)]


def test_a_credential_that_the_agent_reaches_somehow_is_in_every_agent() -> None:
    """Where no file says through what, we do not pick."""
    loose = Credential(
        id=FactId("credential:loose-00000001"),
        name="LOOSE",
        evidence=(place(66),),
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC,
        agent_reachable=True,
    )
    deployment = replace(baseline(), credentials=(*baseline().credentials, loose))

    assert (AGENT, loose.id) in edges(deployment, EdgeKind.VISIBLE_TO)


def test_a_package_without_a_pin_has_a_registry() -> None:
    """Also where no file names the registry; a pinned one cannot change."""

    def fetched(pinned: Truth) -> Deployment:
        server = replace(baseline().tool_servers[0], package="aws-mcp", pinned=pinned)
        return replace(baseline(), tool_servers=(server,))

    assert len(edges(fetched(Truth.NO), EdgeKind.LAUNCHED_FROM)) == 1
    assert edges(fetched(Truth.YES), EdgeKind.LAUNCHED_FROM) == {}


def test_a_list_of_approved_tools_approves_no_other() -> None:
    """Names in lists leave the server out."""

    def listing(*names: str) -> Truth:
        server = replace(baseline().tool_servers[0], auto_approved=True, approved_tools=names)
        deployment = replace(gated(baseline(), CLOUD_TOOL), tool_servers=(server,))
        return edges(deployment, EdgeKind.INVOKES)[AGENT, CLOUD_TOOL].gated

    assert listing("other") is Truth.YES
    assert listing("call") is Truth.NO
    assert listing() is Truth.NO


def test_a_function_of_the_process_acts_as_the_only_identity_there_is() -> None:
    """With two to choose from nobody can say which."""

    def local(*others: tuple[EdgeKind, str, str]) -> Deployment:
        tool = replace(cloud_tool(), name="local")
        plain = replace(baseline(), tools=(tool, web_tool()), tool_servers=(), credentials=())
        kept = tuple(item for item in plain.edges if SERVER not in (item.src, item.dst))
        return joined(
            replace(plain, edges=kept),
            (EdgeKind.INVOKES, AGENT, CLOUD_TOOL),
            (EdgeKind.AUTHENTICATES_AS, HOME, ROLE),
            *others,
        )

    other = replace(baseline().identities[0], id=FactId("identity:other-00000001"))
    several = local((EdgeKind.AUTHENTICATES_AS, HOME, other.id))
    several = replace(several, identities=(*several.identities, other))

    assert edges(local(), EdgeKind.AUTHENTICATES_AS)[CLOUD_TOOL, ROLE].known
    assert not edges(several, EdgeKind.AUTHENTICATES_AS)[CLOUD_TOOL, ROLE].known


def test_an_egress_may_limit_the_agent_itself() -> None:
    """A sandbox of the client limits it without a container."""
    network = Egress(id=NETWORK, name="sandbox", evidence=(place(67),), policy="allowlist")
    bare = replace(baseline(), runtimes=(), egresses=(network,))
    deployment = joined(bare, (EdgeKind.EGRESS_TO, AGENT, NETWORK))

    assert {dst for src, dst in edges(deployment, EdgeKind.EGRESS_TO) if src == AGENT} == {NETWORK}


def test_a_server_may_name_its_resource_and_its_role() -> None:
    """What holds of the server holds of its tools."""
    deployment = joined(
        baseline(),
        (EdgeKind.WRITES, SERVER, BUCKET),
        (EdgeKind.AUTHENTICATES_AS, SERVER, ROLE),
    )

    assert (CLOUD_TOOL, BUCKET) in edges(deployment, EdgeKind.WRITES)
    assert (CLOUD_TOOL, ROLE) in edges(deployment, EdgeKind.AUTHENTICATES_AS)


def test_a_grant_covers_what_its_patterns_name() -> None:
    """A bucket by its objects, a provider by its own, and nothing else."""

    def covered(pattern: str, provider: str = "aws") -> bool:
        limited: Grant = replace(grant(), resources=(pattern,), provider=provider)
        deployment = replace(baseline(), grants=(limited,))
        return (limited.id, BUCKET) in edges(deployment, EdgeKind.WRITES)

    assert covered("arn:aws:s3:::customer-*")
    assert covered("arn:aws:s3:::customer-files/*")
    assert not covered("arn:aws:s3:::other")
    assert not covered("*", "kubernetes")


def test_what_actions_decided_is_not_guessed_from_names() -> None:
    """A grant of AWS whose actions are known reaches what its edges say, and nothing else."""
    known: Grant = replace(grant(), source="aws_iam", expanded_count=3, resources=("*",))
    silent = replace(baseline(), grants=(known,))
    reading = replace(silent, edges=(*silent.edges, edge(EdgeKind.READS, known.id, BUCKET)))

    assert (known.id, BUCKET) not in edges(silent, EdgeKind.WRITES)
    assert (known.id, BUCKET) in edges(reading, EdgeKind.READS)
    assert (known.id, BUCKET) not in edges(reading, EdgeKind.WRITES)


def test_every_node_and_edge_stands_in_a_file() -> None:
    """Derived ones as well: they point at what they were derived from."""
    graph = threat_graph(sourced(baseline()))

    assert all(node.evidence.file for node in graph.nodes)
    assert all(item.evidence.file for item in graph.edges)


def test_boundaries_are_where_zones_change() -> None:
    """From the open internet into the agent's context, and out to a remote service."""
    remote = replace(baseline().tool_servers[0], remote=True)
    graph = threat_graph(replace(baseline(), tool_servers=(remote,)))
    zones = {node.id: node.zone for node in graph.nodes}

    assert zones[SERVER] == "Z5"
    assert all(
        item.crosses_boundary == (zones[item.src] != zones[item.dst]) for item in graph.edges
    )


def test_an_unnamed_resource_is_covered_only_by_a_wildcard() -> None:
    """Without a pattern there is nothing to compare."""
    bare = Resource(id=BUCKET, name="x", evidence=(place(68),), provider="aws")
    wide = replace(baseline(), resources=(bare,))
    narrow = replace(wide, grants=(replace(grant(), resources=("arn:aws:s3:::x",)),))

    assert edges(wide, EdgeKind.WRITES)
    assert not edges(narrow, EdgeKind.WRITES)


def test_every_kind_of_fact_has_a_zone_or_stands_nowhere() -> None:
    assert FACT_KINDS.keys() == ZONES.keys() | NOWHERE


def test_misspelt_keys_and_retries_are_no_nodes() -> None:
    deployment = deployment_of(
        {
            ".mcp.json": '{"mcpServers": {"t": {"command": "t-mcp", "enbled": true}}}',
            "llm.py": "import openai\nimport backoff\n\n\n"
            "@backoff.on_exception(backoff.expo, openai.RateLimitError)\n"
            "def ask() -> object:\n    return openai.OpenAI().responses.create(input='hi')\n",
        }
    )

    assert deployment.unknown_keys
    assert deployment.retries
    assert {node.kind for node in threat_graph(deployment).nodes}.isdisjoint(NOWHERE)
