"""Each query on a deployment that has its path, and on the same one with a control."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Instruction, Source
from agentaudit.model.facts.credentials import Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Workflow
from agentaudit.model.facts.tools import Registry
from agentaudit.model.finding import Severity
from agentaudit.model.threat import AttackPath, ThreatRules
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.queries import Answers, answers
from agentaudit.threats.stages import STAGES
from agentaudit.threats.views import View
from tests.threats.deployments import (
    AGENT,
    CLOUD_TOOL,
    HOME,
    SERVER,
    baseline,
    cloud_tool,
    edge,
    gated,
    grant,
    key,
    limited,
    place,
    sourced,
    web_tool,
)

RULES = load_threat_rules()


def asked(deployment: Deployment, rules: ThreatRules = RULES) -> Answers:
    return answers(View(graph=threat_graph(deployment), classes=rules.actions), rules)


def found(deployment: Deployment) -> set[str]:
    return {path.query for path in asked(deployment).paths}


def doubtful(deployment: Deployment) -> set[str]:
    return {path.query for path in asked(deployment).cannot_exclude}


def the(deployment: Deployment, query: str) -> AttackPath:
    return next(path for path in asked(deployment).paths if path.query == query)


def remembering(store: MemoryStore) -> Deployment:
    """The baseline with a memory."""
    edges = (
        edge(EdgeKind.PERSISTS_TO, AGENT, store.id),
        edge(EdgeKind.RECALLS_FROM, AGENT, store.id),
    )
    return replace(baseline(), memory_stores=(store,), edges=(*baseline().edges, *edges))


def memory(scope: str, ttl: Known) -> MemoryStore:
    """A memory of which only the time is in question."""
    return MemoryStore(
        id=FactId("memory_store:redis-00000001"),
        name="redis",
        evidence=(place(3, "compose.yaml"),),
        scope=scope,
        ttl=ttl,
        max_turns=Known.NONE,
        max_tokens=Known.NONE,
        max_bytes=Known.NONE,
    )


def executing(*, privileged: bool) -> Deployment:
    """The baseline, in which the fetching tool runs code as well."""
    shell = replace(web_tool(), effects=("execute",))
    home = replace(baseline().runtimes[0], privileged=privileged)
    return replace(baseline(), tools=(cloud_tool(), shell), runtimes=(home,))


def in_ci(*, untrusted: bool) -> Deployment:
    """A workflow that runs an agent with a write token."""
    workflow = Workflow(
        id=FactId("workflow:triage-00000001"),
        name="triage",
        evidence=(place(2, ".github/workflows/triage.yml"),),
        triggers=("issues",),
        untrusted_trigger=untrusted,
        write_permissions=("contents",),
        runs_agent=True,
    )
    started = edge(EdgeKind.TRIGGERED_BY, AGENT, workflow.id)
    return replace(baseline(), workflows=(workflow,), edges=(*baseline().edges, started))


def launched(mutable: Truth) -> Deployment:
    """The server that holds the key, and where its code comes from."""
    registry = Registry(
        id=FactId("registry:npm-00000001"),
        name="npm: aws-mcp",
        evidence=(place(3),),
        mutable=mutable,
    )
    fetched = edge(EdgeKind.LAUNCHED_FROM, SERVER, registry.id)
    return replace(baseline(), registries=(registry,), edges=(*baseline().edges, fetched))


def steered(writable: Truth) -> Deployment:
    """An agent and the text that steers it."""
    text = Instruction(
        id=FactId("instruction:claude-md-00000001"),
        name="CLAUDE.md",
        evidence=(place(1, "CLAUDE.md"),),
        writable_by_agent=writable,
    )
    told = edge(EdgeKind.PROMPTS, text.id, AGENT)
    return replace(baseline(), instructions=(text,), edges=(*baseline().edges, told))


def given(open_to: str) -> Deployment:
    """What the key's role may do, given to others as well."""
    return replace(baseline(), grants=(replace(grant(), open_to=open_to),))


def short() -> Deployment:
    """The baseline with a key that lives an hour."""
    return replace(baseline(), credentials=(key(lifetime=Lifetime.SHORT, ttl_s=3600),))


CASES: dict[str, tuple[Callable[[], Deployment], Callable[[], Deployment]]] = {
    "untrusted-to-privileged-write": (baseline, short),
    "untrusted-to-administration": (baseline, lambda: gated(baseline(), CLOUD_TOOL)),
    "lethal-trifecta": (baseline, lambda: limited(baseline())),
    "credential-theft": (baseline, lambda: limited(baseline())),
    "irreversible-without-approval": (baseline, lambda: gated(baseline(), CLOUD_TOOL)),
    "cross-session-memory-poisoning": (
        lambda: remembering(memory("global", Known.SET)),
        lambda: remembering(memory("user", Known.SET)),
    ),
    "unbounded-memory": (
        lambda: remembering(memory("user", Known.NONE)),
        lambda: remembering(memory("user", Known.SET)),
    ),
    "rug-pull": (lambda: launched(Truth.YES), lambda: launched(Truth.NO)),
    "outsider-holds-permissions": (
        lambda: given("anybody"),
        lambda: given("every_pod"),
    ),
    "outsider-steers-workflow": (
        lambda: in_ci(untrusted=True),
        lambda: in_ci(untrusted=False),
    ),
    "untrusted-to-code-execution": (lambda: executing(privileged=False), baseline),
    "execution-and-escape": (
        lambda: executing(privileged=True),
        lambda: executing(privileged=False),
    ),
    "self-modification": (lambda: steered(Truth.YES), lambda: steered(Truth.NO)),
}


def test_every_query_has_a_case() -> None:
    """A query without an example is a claim without evidence."""
    assert set(CASES) == {query.id for query in RULES.queries}


@pytest.mark.parametrize("query", sorted(CASES))
def test_a_query_finds_its_path_and_a_control_breaks_it(query: str) -> None:
    """With the weakness a path, with the control none."""
    weak, controlled = CASES[query]

    assert query in found(weak())
    assert query not in found(controlled())


@pytest.mark.parametrize(
    ("query", "deployment"),
    [
        ("cross-session-memory-poisoning", lambda: remembering(memory("", Known.SET))),
        ("unbounded-memory", lambda: remembering(memory("user", Known.UNKNOWN))),
        ("rug-pull", lambda: launched(Truth.UNKNOWN)),
        ("self-modification", lambda: steered(Truth.UNKNOWN)),
        (
            "credential-theft",
            lambda: replace(baseline(), credentials=(key(lifetime=Lifetime.UNKNOWN),)),
        ),
        ("lethal-trifecta", lambda: limited(baseline(), "unknown")),
    ],
)
def test_what_is_unknown_cannot_be_excluded(
    query: str, deployment: Callable[[], Deployment]
) -> None:
    """No finding, and no all-clear."""
    assert query not in found(deployment())
    assert query in doubtful(deployment())


def test_a_path_tells_its_whole_chain() -> None:
    """From the page that a stranger wrote to the policy that lets it happen, each with a place."""
    path = the(baseline(), "untrusted-to-privileged-write")

    assert [(node.kind, str(node.evidence)) for node in path.nodes] == [
        ("source", ".mcp.json:2:3"),
        ("agent", ".mcp.json:1:3"),
        ("tool", ".mcp.json:4:3"),
        ("credential", ".mcp.json:5:3"),
        ("identity", "main.tf:8:3"),
        ("grant", "main.tf:9:3"),
    ]
    assert path.sentence == (
        "Content that fetch returns is read by support, which may call aws.call without approval;"
        " the call acts with the long-lived AWS_SECRET_ACCESS_KEY, which allows 6 sensitive actions"
        " (Wide)."
    )
    assert path.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("deployment", "question"),
    [
        (lambda: remembering(memory("user", Known.UNKNOWN)), "what bounds redis"),
        (lambda: launched(Truth.UNKNOWN), "whether npm: aws-mcp can change"),
        (lambda: steered(Truth.UNKNOWN), "who may write CLAUDE.md"),
        (lambda: limited(baseline(), "unknown"), "where network leads"),
        (
            lambda: replace(baseline(), credentials=(key(lifetime=Lifetime.UNKNOWN),)),
            "how long AWS_SECRET_ACCESS_KEY lives",
        ),
        (
            lambda: replace(baseline(), tools=(replace(web_tool(), effects_known=False),)),
            "what fetch does",
        ),
        (
            lambda: replace(baseline(), grants=(replace(grant(), conditions=("aws:mfa",)),)),
            "when Wide applies",
        ),
    ],
)
def test_a_doubtful_path_says_what_is_not_known(
    deployment: Callable[[], Deployment], question: str
) -> None:
    """Whoever finds the answer decides the path."""
    assert any(question in path.sentence for path in asked(deployment()).cannot_exclude)


def test_a_path_has_no_doubt() -> None:
    """What is reported is known."""
    assert not any("Not known" in path.sentence for path in asked(baseline()).paths)


def test_more_sources_fold_into_the_same_path() -> None:
    """A second page is another way, not another path."""
    before, after = asked(baseline()), asked(sourced(baseline()))

    assert {path.id for path in before.paths} == {path.id for path in after.paths}
    assert sum(path.folded for path in after.paths) > sum(path.folded for path in before.paths)


@pytest.mark.parametrize(
    ("query", "stage", "paths"),
    [
        ("irreversible-without-approval", "source", 2),
        ("irreversible-without-approval", "irreversible_tool", 1),
        ("lethal-trifecta", "private_tool", 1),
        ("lethal-trifecta", "way_out", 1),
    ],
)
def test_a_pattern_may_be_told_of_any_of_its_stages(query: str, stage: str, paths: int) -> None:
    """One path for each node there that some way passes."""
    pattern = next(item for item in RULES.queries if item.id == query)
    rules = replace(RULES, queries=(replace(pattern, per=stage, each=stage),))
    told = asked(sourced(baseline()), rules).paths

    assert len(told) == paths


def test_what_is_merely_possible_is_at_most_medium() -> None:
    """A guess must not fail a build as if it were read."""
    unsure = replace(cloud_tool(), confidence=Confidence.POSSIBLE)
    paths = asked(replace(baseline(), tools=(unsure, web_tool()))).paths
    through = [path for path in paths if any(node.id == CLOUD_TOOL for node in path.nodes)]

    assert through
    assert all(path.severity.rank <= Severity.MEDIUM.rank for path in through)


def test_a_signed_in_user_is_less_severe_than_a_stranger() -> None:
    """Who can start it counts as much as where it ends."""
    quiet = replace(web_tool(), reads_untrusted=Truth.NO)
    user = Source(
        id=FactId("source:user-00000001"), name="the user", evidence=(place(41),), trust="user"
    )
    asks = edge(EdgeKind.PROMPTS, user.id, AGENT)
    by_user = replace(
        baseline(),
        tools=(cloud_tool(), quiet),
        sources=(user,),
        edges=(*baseline().edges, asks),
    )

    assert the(by_user, "irreversible-without-approval").severity is Severity.MEDIUM
    assert the(baseline(), "irreversible-without-approval").severity is Severity.HIGH


def test_an_unsaid_approval_is_a_path_that_says_so() -> None:
    """No file asks for approval: that is what was read, and all that is known."""
    unsaid = replace(baseline(), tools=(cloud_tool(approval=Truth.UNKNOWN), web_tool()))
    path = the(unsaid, "irreversible-without-approval")

    assert "without a declared approval" in path.sentence
    assert path.confidence is Confidence.LIKELY


def test_an_open_endpoint_is_a_source() -> None:
    """Who need not say who they are may say anything."""
    quiet = replace(web_tool(), reads_untrusted=Truth.NO)
    agent = replace(baseline().agents[0], authenticated=Truth.NO)
    deployment = replace(baseline(), agents=(agent,), tools=(cloud_tool(), quiet))

    assert (
        "Text from anyone who can call support"
        in the(deployment, "irreversible-without-approval").sentence
    )


def test_stages_of_queries_exist() -> None:
    """A misspelt stage would find nothing for ever."""
    legs = [leg for query in RULES.queries for leg in (*query.legs, query.worst) if leg is not None]

    assert {stage for leg in legs for stage in leg.stages} <= set(STAGES)


def test_where_code_runs_is_where_the_server_runs() -> None:
    """A tool of a server on another host does not run code on the agent's."""
    remote = replace(baseline().tool_servers[0], remote=True)
    shell = replace(cloud_tool(), effects=("execute",))
    home = replace(baseline().runtimes[0], privileged=True)
    deployment = replace(
        baseline(), tool_servers=(remote,), tools=(shell, web_tool()), runtimes=(home,)
    )

    assert HOME in {node.id for node in threat_graph(deployment).nodes}
    assert "execution-and-escape" not in found(deployment)
