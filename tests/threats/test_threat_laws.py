"""What holds of every deployment, however strange: the laws of the numbers and of the paths."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Source
from agentaudit.model.facts.controls import Approval
from agentaudit.model.facts.credentials import Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.threat import BlastRadius, Bounds, ThreatRules
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.blast_radius import blast_radius
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.mitigations import state, state_after
from agentaudit.threats.model import threat_model
from agentaudit.threats.notes import Notes
from agentaudit.threats.operators import OPERATORS
from agentaudit.threats.views import View
from tests.threats.deployments import deployments, edge, place

RULES = load_threat_rules()
few = settings(max_examples=60)


def seen(deployment: Deployment, rules: ThreatRules = RULES) -> View:
    return View(graph=threat_graph(deployment), classes=rules.actions)


def radius_of(deployment: Deployment, rules: ThreatRules = RULES) -> BlastRadius:
    return blast_radius(seen(deployment, rules))


def numbers(radius: BlastRadius) -> Sequence[Bounds]:
    return (
        radius.live,
        radius.live_permissions_management,
        radius.live_irreversible,
        radius.theft_action_hours,
        radius.stealable_credentials,
        radius.exposure,
    )


def within(inner: BlastRadius, outer: BlastRadius) -> bool:
    return all(
        wide.low <= narrow.low and narrow.high <= wide.high
        for narrow, wide in zip(numbers(inner), numbers(outer), strict=True)
    )


@few
@given(deployments(), st.sampled_from(range(3)))
def test_a_gate_never_raises_live(deployment: Deployment, number: int) -> None:
    """A person who is asked can only take from what an attacker may do (I12)."""
    gate = Approval(id=FactId("approval:ask-00000000"), name="ask", evidence=(place(900),))
    added = edge(EdgeKind.GATED_BY, deployment.tools[number].id, gate.id)
    asked = replace(deployment, approvals=(gate,), edges=(*deployment.edges, added))
    before, after = radius_of(deployment), radius_of(asked)

    assert after.live.low <= before.live.low
    assert after.live.high <= before.live.high


@few
@given(deployments(), st.sampled_from(range(2)))
def test_a_source_never_lowers_anything(deployment: Deployment, number: int) -> None:
    """More untrusted text can only add to what an attacker may do (I12)."""
    source = Source(id=FactId("source:new-00000000"), name="new", evidence=(place(901),))
    added = edge(EdgeKind.INGESTS, deployment.agents[number].id, source.id)
    tainted = replace(
        deployment, sources=(*deployment.sources, source), edges=(*deployment.edges, added)
    )

    for before, after in zip(
        numbers(radius_of(deployment)), numbers(radius_of(tainted)), strict=True
    ):
        assert after.low >= before.low
        assert after.high >= before.high


@few
@given(deployments(), st.sampled_from(range(2)), st.integers(1, 10_000_000))
def test_a_shorter_life_never_raises_theft(deployment: Deployment, number: int, ttl_s: int) -> None:
    """A credential that dies earlier is worth no more to a thief."""

    def living(seconds: int) -> Bounds:
        changed = list(deployment.credentials)
        changed[number] = replace(changed[number], lifetime=Lifetime.SHORT, ttl_s=seconds)
        return radius_of(replace(deployment, credentials=tuple(changed))).theft_action_hours

    shorter, longer = living(ttl_s), living(ttl_s * 2)

    assert shorter.low <= longer.low
    assert shorter.high <= longer.high


@few
@given(deployments(), st.sampled_from(range(3)), st.data())
def test_knowing_more_of_a_tool_never_widens_a_bound(
    deployment: Deployment, number: int, data: st.DataObject
) -> None:
    """What was unknown lay within the bounds already."""
    tool = deployment.tools[number]

    def answered(before: Truth) -> Truth:
        answers = st.sampled_from((Truth.YES, Truth.NO))
        return data.draw(answers) if before is Truth.UNKNOWN else before

    known = replace(
        tool,
        effects_known=True,
        reads_untrusted=answered(tool.reads_untrusted),
        reads_private=answered(tool.reads_private),
        egress=answered(tool.egress),
        approval=answered(tool.approval),
    )
    tools = tuple(known if item.id == tool.id else item for item in deployment.tools)

    assert within(radius_of(replace(deployment, tools=tools)), radius_of(deployment))


@few
@given(deployments(), st.sampled_from(range(2)), st.sampled_from((None, 60, 3600, 10_000_000)))
def test_knowing_how_long_a_credential_lives_never_widens_a_bound(
    deployment: Deployment, number: int, ttl_s: int | None
) -> None:
    """Nothing and for ever were the bounds already."""
    known = list(deployment.credentials)
    if known[number].lifetime is Lifetime.UNKNOWN:
        lifetime = Lifetime.STATIC if ttl_s is None else Lifetime.SHORT
        known[number] = replace(known[number], lifetime=lifetime, ttl_s=ttl_s)

    after = radius_of(replace(deployment, credentials=tuple(known)))

    assert within(after, radius_of(deployment))


@few
@given(deployments(), st.sampled_from(range(2)))
def test_reading_a_policy_never_widens_a_bound(deployment: Deployment, number: int) -> None:
    """An identity whose rights no file states may do nothing, or everything."""
    identity = deployment.identities[number]
    bare = without_grants(deployment, identity.id)
    found = edge(EdgeKind.GRANTS, identity.id, deployment.grants[0].id)
    read = replace(bare, edges=(*bare.edges, found))

    assert within(radius_of(read), radius_of(bare))


def without_grants(deployment: Deployment, identity: FactId) -> Deployment:
    kept = (
        item
        for item in deployment.edges
        if item.src != identity or item.kind not in (EdgeKind.GRANTS, EdgeKind.ASSUMES)
    )
    return replace(deployment, edges=tuple(kept))


@few
@given(deployments(), st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(deployment: Deployment, random: Random) -> None:
    """The same facts in another order are the same threat model (I5, I10)."""
    shuffled = replace(
        deployment,
        agents=tuple(random.sample(deployment.agents, 2)),
        tools=tuple(random.sample(deployment.tools, 3)),
        credentials=tuple(random.sample(deployment.credentials, 2)),
        grants=tuple(random.sample(deployment.grants, 2)),
        edges=tuple(random.sample(deployment.edges, len(deployment.edges))),
    )

    assert threat_model(shuffled, RULES) == threat_model(deployment, RULES)


@pytest.mark.parametrize("name", sorted(OPERATORS))
@settings(max_examples=25)
@given(deployment=deployments())
def test_a_control_never_raises_residual_risk(name: str, deployment: Deployment) -> None:
    """Whatever a change does, it opens no path and raises no number (I12)."""
    before = state(seen(deployment), RULES)
    change = OPERATORS[name](before.seen)
    if change is None:
        return
    after = state(View(graph=change.graph, classes=RULES.actions), RULES)

    assert {path.id for path in after.paths} <= {path.id for path in before.paths}
    assert all(
        new.high <= old.high
        for new, old in zip(numbers(after.radius), numbers(before.radius), strict=True)
    )


@pytest.mark.parametrize("name", sorted(OPERATORS))
@settings(max_examples=25)
@given(deployment=deployments(), further=st.sampled_from(sorted(OPERATORS)))
def test_asking_only_what_changed_is_asking_everything(
    name: str, further: str, deployment: Deployment
) -> None:
    """One change upon another: what is taken over says what would be found again."""
    current = state(seen(deployment), RULES)
    for operator in (name, further):
        change = OPERATORS[operator](current.seen)
        current = current if change is None else state_after(current, change, RULES)
    afresh = state(replace(current.seen, notes=Notes()), RULES)

    assert (current.paths, current.radius) == (afresh.paths, afresh.radius)


@few
@given(deployments())
def test_every_path_is_a_walk_with_evidence(deployment: Deployment) -> None:
    """Each leg joins two nodes of its path, stands in a file, and no path is told twice."""
    model = threat_model(deployment, RULES)

    for path in (*model.paths, *model.cannot_exclude):
        names = {node.id for node in path.nodes}
        assert all(step.src in names and step.dst in names for step in path.edges)
        assert all(step.evidence.line >= 1 for step in path.edges)
        assert all(step.gated is not Truth.YES for step in path.edges)
    assert len({path.id for path in model.paths}) == len(model.paths)
