"""Two numbers that move apart: credential work lowers THEFT, permission work lowers LIVE."""

import pytest
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.threat import BlastRadius, Bounds
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.blast_radius import HORIZON_HOURS, blast_radius, open_ends
from agentaudit.threats.graph import threat_graph
from agentaudit.threats.operators import interpose_gateway
from agentaudit.threats.rights import EVERYTHING
from agentaudit.threats.views import View
from tests.threats.deployments import (
    CLOUD_TOOL,
    SENSITIVE,
    WEB_TOOL,
    baseline,
    cloud_tool,
    edge,
    gated,
    grant,
    key,
    limited,
    place,
    web_tool,
    without,
)

CLASSES = load_threat_rules().actions
OWN_EFFECTS = 3
"""The cloud tool reads what is private, writes and deletes."""


def seen(deployment: Deployment) -> View:
    return View(graph=threat_graph(deployment), classes=CLASSES)


def radius(deployment: Deployment) -> BlastRadius:
    return blast_radius(seen(deployment))


def exactly(number: float) -> Bounds:
    return Bounds(low=number, high=number)


def short_lived() -> Deployment:
    return replace(baseline(), credentials=(key(lifetime=Lifetime.SHORT, ttl_s=3600),))


def scoped() -> Deployment:
    return replace(baseline(), grants=(grant(("s3:putobject",)),))


def test_a_static_key_counts_for_ninety_days() -> None:
    """All that the role may do is live, and for the whole horizon a thief's."""
    found = radius(baseline())

    assert found.live == exactly(len(SENSITIVE) + OWN_EFFECTS)
    assert found.live_permissions_management == exactly(2)
    assert found.live_irreversible == exactly(3)
    assert found.theft_action_hours == exactly(len(SENSITIVE) * HORIZON_HOURS)
    assert found.stealable_credentials == exactly(1)
    assert found.exposure == exactly(1)


def test_a_short_life_divides_theft_by_the_horizon_and_leaves_live() -> None:
    """An hour of 2,160, with the same actions in reach."""
    before, after = radius(baseline()), radius(short_lived())

    assert after.theft_action_hours == exactly(before.theft_action_hours.high / HORIZON_HOURS)
    assert after.live == before.live


def test_a_gateway_ends_theft_and_leaves_live() -> None:
    """What no process holds, nobody carries out; what the tools act as, they still do."""
    change = interpose_gateway(seen(baseline()))
    assert change is not None
    after = blast_radius(View(graph=change.graph, classes=CLASSES))

    assert after.theft_action_hours == exactly(0)
    assert after.stealable_credentials == exactly(0)
    assert after.live == radius(baseline()).live


def test_narrower_rights_lower_both() -> None:
    """Fewer actions now, and fewer for a thief; the key still lives for ever."""
    after = radius(scoped())

    assert after.live == exactly(1 + OWN_EFFECTS)
    assert after.live_permissions_management == exactly(0)
    assert after.theft_action_hours == exactly(HORIZON_HOURS)


def test_an_approval_ends_live_and_leaves_theft() -> None:
    """A person stops the call, and not the copying of a key."""
    after = radius(gated(baseline(), CLOUD_TOOL))

    assert after.live == exactly(0)
    assert after.theft_action_hours == radius(baseline()).theft_action_hours


def test_an_approval_that_allows_by_default_is_none() -> None:
    """A question that answers itself stops nothing."""
    asked = gated(baseline(), CLOUD_TOOL)
    waved = replace(asked, approvals=(replace(asked.approvals[0], default_allow=True),))

    assert radius(waved).live == radius(baseline()).live


@pytest.mark.parametrize("policy", ["allowlist", "none"])
def test_a_limited_network_ends_theft_and_leaves_live(policy: str) -> None:
    """The way out is closed, also for the local tool that would carry it."""
    after = radius(limited(baseline(), policy))

    assert after.theft_action_hours == exactly(0)
    assert after.live == radius(baseline()).live


def test_a_network_that_nobody_read_is_both() -> None:
    """Nothing may leave, or everything."""
    after = radius(limited(baseline(), "unknown"))

    assert after.theft_action_hours.low == 0
    assert after.theft_action_hours.high == radius(baseline()).theft_action_hours.high


def test_an_unknown_approval_is_both() -> None:
    """Perhaps a person is asked, perhaps not."""
    unsaid = replace(baseline(), tools=(cloud_tool(approval=Truth.UNKNOWN), web_tool()))

    assert radius(unsaid).live == Bounds(low=0, high=len(SENSITIVE) + OWN_EFFECTS)


def test_an_unknown_lifetime_is_both() -> None:
    """It may be dead already, or live for ever."""
    unsaid = replace(baseline(), credentials=(key(lifetime=Lifetime.UNKNOWN),))

    assert radius(unsaid).theft_action_hours == Bounds(low=0, high=len(SENSITIVE) * HORIZON_HOURS)


def test_unread_permissions_are_nothing_and_everything_and_are_named() -> None:
    """The bounds are wide, and an open end says why."""
    unread = without(baseline(), EdgeKind.AUTHENTICATES_AS)
    found = radius(unread)
    ends = open_ends(seen(unread))

    assert found.live == Bounds(low=OWN_EFFECTS, high=EVERYTHING + OWN_EFFECTS)
    assert [end.what for end in ends] == ["what AWS_SECRET_ACCESS_KEY may do stands in no file"]


def test_a_key_of_a_service_is_one_action() -> None:
    """It can be used: what for, its service knows."""
    token = Credential(
        id=FactId("credential:crm-00000001"),
        name="CRM_TOKEN",
        evidence=(place(6),),
        provider="crm",
        form=CredentialForm.LITERAL,
        lifetime=Lifetime.STATIC,
    )
    deployment = replace(
        baseline(),
        credentials=(token,),
        edges=(
            *baseline().edges,
            edge(EdgeKind.VISIBLE_TO, token.id, FactId("agent:support-00000001")),
        ),
    )

    assert radius(deployment).theft_action_hours == exactly(HORIZON_HOURS)


def test_without_untrusted_input_nothing_is_in_reach() -> None:
    """An agent that reads only its own people's words is steered by nobody else."""
    quiet = replace(web_tool(), reads_untrusted=Truth.NO)

    assert radius(replace(baseline(), tools=(cloud_tool(), quiet))).live == exactly(0)


def test_a_denial_takes_away_what_it_names() -> None:
    """Outright it takes from both bounds; on a condition only from the lower one."""
    denial = replace(
        grant(("s3:delete*",)), id=FactId("grant:deny-00000001"), name="NoDelete", effect="deny"
    )
    outright = replace(baseline(), grants=(grant(), denial))
    doubtful = replace(outright, grants=(grant(), replace(denial, conditions=("aws:mfa",))))

    assert radius(outright).live == exactly(len(SENSITIVE) - 2 + OWN_EFFECTS)
    assert radius(doubtful).live == Bounds(
        low=len(SENSITIVE) - 2 + OWN_EFFECTS, high=len(SENSITIVE) + OWN_EFFECTS
    )


def test_bypass_outweighs_an_approval() -> None:
    """A mode that asks nobody asks nobody, whatever else the files say."""
    asked = gated(baseline(), CLOUD_TOOL)
    bypassed = replace(asked, agents=(replace(asked.agents[0], permission_mode="bypass"),))

    assert radius(bypassed).live == radius(baseline()).live


def test_gating_the_reader_changes_nothing_it_does_not_do() -> None:
    """The approval must stand before the tool that does the damage."""
    assert radius(gated(baseline(), WEB_TOOL)).live == radius(baseline()).live
