"""Deployments made by hand and by hypothesis: small, and with every unknown that there is."""

from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment, Edge, EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent, Source
from agentaudit.model.facts.controls import Approval
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant, Identity, Resource
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.model.facts.tools import Registry, Tool, ToolServer

AGENT = FactId("agent:support-00000001")
SERVER = FactId("tool_server:aws-00000001")
WEB_TOOL = FactId("tool:fetch-00000001")
CLOUD_TOOL = FactId("tool:aws-call-00000001")
KEY = FactId("credential:aws-key-00000001")
ROLE = FactId("identity:agent-role-00000001")
GRANT = FactId("grant:wide-00000001")
WEB = FactId("source:web-00000001")
NETWORK = FactId("egress:network-00000001")
HOME = FactId("runtime:home-00000001")
BUCKET = FactId("resource:bucket-00000001")

SENSITIVE = (
    "iam:passrole",
    "lambda:createfunction",
    "s3:deletebucket",
    "s3:deleteobject",
    "s3:putbucketpolicy",
    "s3:putobject",
)
"""Three write, two delete, two hand out permissions; passing a role does both."""


def place(line: int, file: str = ".mcp.json") -> Evidence:
    """A place of one line."""
    return Evidence(file=file, line=line, column=3, end_line=line, end_column=9)


def edge(kind: EdgeKind, src: FactId, dst: FactId, line: int = 1) -> Edge:
    """An edge that a file states."""
    return Edge(kind=kind, src=src, dst=dst, evidence=(place(line),))


def key(*, lifetime: Lifetime = Lifetime.STATIC, ttl_s: int | None = None) -> Credential:
    """An AWS key in the environment of the tool server."""
    return Credential(
        id=KEY,
        name="AWS_SECRET_ACCESS_KEY",
        evidence=(place(5),),
        provider="aws",
        kind="access_key",
        form=CredentialForm.LITERAL,
        lifetime=lifetime,
        ttl_s=ttl_s,
        holder="tool_server",
        holder_id=SERVER,
    )


def grant(actions: tuple[str, ...] = SENSITIVE) -> Grant:
    """What the key's role may do."""
    return Grant(
        id=GRANT,
        name="Wide",
        evidence=(place(9, "main.tf"),),
        identity_id=ROLE,
        provider="aws",
        actions=actions,
        resources=("*",),
        write_count=len(actions),
        permissions_count=sum(name in ("iam:passrole", "s3:putbucketpolicy") for name in actions),
        sensitive_actions=actions,
    )


def cloud_tool(*, approval: Truth = Truth.NO) -> Tool:
    """A tool that changes things in the cloud."""
    return Tool(
        id=CLOUD_TOOL,
        name="aws.call",
        evidence=(place(4),),
        effects=("delete", "write"),
        effects_known=True,
        reads_untrusted=Truth.NO,
        reads_private=Truth.YES,
        egress=Truth.NO,
        approval=approval,
    )


def web_tool() -> Tool:
    """A tool that brings in what strangers write, and can carry data out."""
    return Tool(
        id=WEB_TOOL,
        name="fetch",
        evidence=(place(2),),
        effects=("read",),
        effects_known=True,
        reads_untrusted=Truth.YES,
        reads_private=Truth.NO,
        egress=Truth.YES,
        approval=Truth.NO,
    )


EDGES = (
    edge(EdgeKind.EXPOSES, AGENT, SERVER),
    edge(EdgeKind.EXPOSES, SERVER, CLOUD_TOOL),
    edge(EdgeKind.INVOKES, AGENT, WEB_TOOL, 2),
    edge(EdgeKind.RUNS_ON, AGENT, HOME),
    edge(EdgeKind.VISIBLE_TO, KEY, SERVER, 5),
    edge(EdgeKind.AUTHENTICATES_AS, KEY, ROLE, 5),
    edge(EdgeKind.GRANTS, ROLE, GRANT, 9),
)


def baseline() -> Deployment:
    """A static key in the environment of a server, wide rights, open network, nobody asked."""
    return Deployment(
        agents=(Agent(id=AGENT, name="support", evidence=(place(1),)),),
        tools=(cloud_tool(), web_tool()),
        tool_servers=(
            ToolServer(
                id=SERVER, name="aws", evidence=(place(3),), transport="stdio", command="aws-mcp"
            ),
        ),
        credentials=(key(),),
        identities=(Identity(id=ROLE, name="agent-role", evidence=(place(8, "main.tf"),)),),
        grants=(grant(),),
        resources=(
            Resource(
                id=BUCKET,
                name="customer-files",
                evidence=(place(20, "main.tf"),),
                provider="aws",
                pattern="arn:aws:s3:::customer-files",
            ),
        ),
        runtimes=(Runtime(id=HOME, name="home", evidence=(place(1, "compose.yaml"),)),),
        edges=EDGES,
    )


def without(deployment: Deployment, kind: EdgeKind) -> Deployment:
    """The deployment with no edge of that kind."""
    return replace(
        deployment, edges=tuple(item for item in deployment.edges if item.kind is not kind)
    )


def gated(deployment: Deployment, tool: FactId) -> Deployment:
    """With a person who is asked before the tool runs."""
    gate = Approval(id=FactId("approval:ask-00000001"), name="ask", evidence=(place(30),))
    return replace(
        deployment,
        approvals=(gate,),
        edges=(*deployment.edges, edge(EdgeKind.GATED_BY, tool, gate.id, 30)),
    )


def limited(deployment: Deployment, policy: str = "allowlist") -> Deployment:
    """With a network that lets only listed hosts through."""
    network = Egress(
        id=NETWORK,
        name="network",
        evidence=(place(2, "compose.yaml"),),
        policy=policy,
        runtime_ids=(HOME,),
    )
    return replace(deployment, egresses=(network,))


def sourced(deployment: Deployment) -> Deployment:
    """With one more source of untrusted text."""
    web = Source(id=WEB, name="web pages", evidence=(place(40),))
    return replace(
        deployment,
        sources=(*deployment.sources, web),
        edges=(*deployment.edges, edge(EdgeKind.INGESTS, AGENT, WEB, 40)),
    )


truths = st.sampled_from(tuple(Truth))
confidences = st.sampled_from(tuple(Confidence))
effects = st.sets(st.sampled_from(["read", "write", "delete", "execute", "send"])).map(
    lambda chosen: tuple(sorted(chosen))
)


@st.composite
def tools(draw: st.DrawFn, number: int) -> Tool:
    """A tool of which anything may be unknown."""
    return Tool(
        id=FactId(f"tool:t{number}-00000000"),
        name=f"t{number}",
        evidence=(place(100 + number),),
        confidence=draw(confidences),
        effects=draw(effects),
        effects_known=draw(st.booleans()),
        reads_untrusted=draw(truths),
        reads_private=draw(truths),
        egress=draw(truths),
        approval=draw(truths),
        sandboxed=draw(truths),
    )


@st.composite
def credentials(draw: st.DrawFn, number: int) -> Credential:
    """A credential of which anything may be unknown."""
    lifetime = draw(st.sampled_from(tuple(Lifetime)))
    ttl_s = draw(st.none() | st.integers(60, 10_000_000)) if lifetime is Lifetime.SHORT else None
    return Credential(
        id=FactId(f"credential:c{number}-00000000"),
        name=f"C{number}",
        evidence=(place(200 + number),),
        provider=draw(st.sampled_from(["aws", "github", "openai"])),
        form=CredentialForm.LITERAL,
        lifetime=lifetime,
        ttl_s=ttl_s,
    )


@st.composite
def grants(draw: st.DrawFn, number: int) -> Grant:
    """A grant of some sensitive actions, allowed or denied, conditional or not."""
    actions = tuple(sorted(draw(st.sets(st.sampled_from(SENSITIVE), max_size=4))))
    return Grant(
        id=FactId(f"grant:g{number}-00000000"),
        name=f"g{number}",
        evidence=(place(300 + number),),
        provider="aws",
        effect=draw(st.sampled_from(["allow", "allow", "deny"])),
        actions=actions,
        resources=draw(st.sampled_from([("*",), ("arn:aws:s3:::r0",)])),
        conditions=draw(st.sampled_from([(), ("aws:sourcevpc",)])),
        write_count=len(actions),
        sensitive_actions=actions,
    )


@st.composite
def stores(draw: st.DrawFn, number: int) -> MemoryStore:
    """A store with or without bounds and scope."""
    return MemoryStore(
        id=FactId(f"memory_store:m{number}-00000000"),
        name=f"m{number}",
        evidence=(place(400 + number),),
        scope=draw(st.sampled_from(["", "session", "user", "global"])),
        ttl=draw(st.sampled_from(tuple(Known))),
    )


@st.composite
def egresses(draw: st.DrawFn) -> Egress:
    """A way out that is open, watched, shut or unknown."""
    return Egress(
        id=FactId("egress:e0-00000000"),
        name="e0",
        evidence=(place(700),),
        policy=draw(st.sampled_from(["any", "allowlist", "none", "unknown"])),
    )


_RELATIONS = (
    (EdgeKind.EXPOSES, "agent", "tool_server"),
    (EdgeKind.INVOKES, "agent", "tool"),
    (EdgeKind.EXPOSES, "tool_server", "tool"),
    (EdgeKind.INGESTS, "agent", "source"),
    (EdgeKind.INGESTS, "tool", "source"),
    (EdgeKind.RUNS_ON, "agent", "runtime"),
    (EdgeKind.VISIBLE_TO, "credential", "agent"),
    (EdgeKind.VISIBLE_TO, "credential", "tool_server"),
    (EdgeKind.VISIBLE_TO, "credential", "runtime"),
    (EdgeKind.AUTHENTICATES_AS, "credential", "identity"),
    (EdgeKind.AUTHENTICATES_AS, "runtime", "identity"),
    (EdgeKind.ASSUMES, "identity", "identity"),
    (EdgeKind.GRANTS, "identity", "grant"),
    (EdgeKind.WRITES, "tool", "resource"),
    (EdgeKind.PERSISTS_TO, "agent", "memory_store"),
    (EdgeKind.DELEGATES_TO, "agent", "agent"),
    (EdgeKind.EGRESS_TO, "runtime", "egress"),
    (EdgeKind.LAUNCHED_FROM, "tool_server", "registry"),
)


@st.composite
def deployments(draw: st.DrawFn) -> Deployment:
    """Two agents, a handful of everything else, joined at random."""
    facts: dict[str, tuple[Fact, ...]] = {
        "agent": tuple(_agent(draw, number) for number in range(2)),
        "tool": tuple(draw(tools(number)) for number in range(3)),
        "tool_server": (_server(draw),),
        "source": (Source(id=FactId("source:s0-00000000"), name="s0", evidence=(place(60),)),),
        "runtime": (_runtime(draw),),
        "credential": tuple(draw(credentials(number)) for number in range(2)),
        "identity": tuple(_identity(number) for number in range(2)),
        "grant": tuple(draw(grants(number)) for number in range(2)),
        "resource": (_resource(),),
        "memory_store": (draw(stores(0)),),
        "egress": (draw(egresses()),),
        "registry": (_registry(draw),),
    }
    possible = [
        edge(kind, one.id, other.id)
        for kind, src, dst in _RELATIONS
        for one in facts[src]
        for other in facts[dst]
        if one.id != other.id
    ]
    chosen = draw(st.lists(st.sampled_from(possible), unique_by=lambda item: item, max_size=24))
    fields = {
        {"memory_store": "memory_stores", "identity": "identities", "registry": "registries"}.get(
            kind, "egresses" if kind == "egress" else f"{kind}s"
        ): found
        for kind, found in facts.items()
    }
    return Deployment(edges=tuple(chosen), **fields)  # type: ignore[arg-type]  # by field name


def _agent(draw: st.DrawFn, number: int) -> Agent:
    return Agent(
        id=FactId(f"agent:a{number}-00000000"),
        name=f"a{number}",
        evidence=(place(50 + number),),
        authenticated=draw(truths),
        permission_mode=draw(st.sampled_from(["", "", "bypass"])),
    )


def _server(draw: st.DrawFn) -> ToolServer:
    return ToolServer(
        id=FactId("tool_server:v0-00000000"),
        name="v0",
        evidence=(place(70),),
        remote=draw(st.booleans()),
        auto_approved=draw(st.booleans()),
    )


def _runtime(draw: st.DrawFn) -> Runtime:
    return Runtime(
        id=FactId("runtime:r0-00000000"),
        name="r0",
        evidence=(place(80),),
        privileged=draw(st.booleans()),
    )


def _identity(number: int) -> Identity:
    return Identity(
        id=FactId(f"identity:i{number}-00000000"),
        name=f"i{number}",
        evidence=(place(500 + number),),
        provider="aws",
    )


def _resource() -> Resource:
    return Resource(
        id=FactId("resource:r0-00000000"),
        name="r0",
        evidence=(place(600),),
        provider="aws",
        pattern="arn:aws:s3:::r0",
    )


def _registry(draw: st.DrawFn) -> Registry:
    return Registry(
        id=FactId("registry:npm-00000000"),
        name="npm",
        evidence=(place(800),),
        mutable=draw(truths),
    )
