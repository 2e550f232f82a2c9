"""The third decision under load that the recorder itself put on the agent."""

import pytest
from msgspec.structs import replace

from agentaudit.model.decision import DecisionStatus
from agentaudit.model.profile import Profile
from agentaudit.model.trace import DrivenLoad
from agentaudit.report.decisions.profile_decision import profile_decision
from tests.report import samples


def driven(requests: int, failed: int, peak: int, *, shape: str = "closed") -> Profile:
    """A profile of which only the load of our own shows that there was any."""
    load = DrivenLoad(
        shape=shape, target="http://127.0.0.1:1/", planned_concurrency=peak, rate_hz=2.5,
        sessions=peak, requests=requests, failed=failed, duration_ns=30_000_000_000,
        concurrency_mean=1.0, concurrency_peak=peak,
    )  # fmt: skip
    found = samples.profile(requests=0, peak=0)
    breakdown = replace(found.breakdown, load=replace(found.breakdown.load, driven=load))
    return replace(found, breakdown=breakdown)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (driven(40, 0, 4), DecisionStatus.DECIDED),
        (driven(40, 30, 4), DecisionStatus.NOT_MEASURED),
        (driven(40, 0, 1), DecisionStatus.NOT_MEASURED),
        (driven(5, 0, 4), DecisionStatus.NOT_MEASURED),
    ],
)
def test_load_of_our_own_decides_by_the_answers_that_came(
    found: Profile, status: DecisionStatus
) -> None:
    assert profile_decision(found, hosted_model=False).status is status


def test_the_evidence_says_what_was_sent() -> None:
    texts = {
        entry.text: entry.good
        for profile in (driven(40, 0, 4), driven(40, 3, 4, shape="poisson"))
        for entry in profile_decision(profile, hosted_model=False).evidence
        if entry.text.startswith("load by agentaudit")
    }

    assert [text.split(", at most")[0] for text in texts] == [
        "load by agentaudit: a closed loop, 4 sessions, 40 requests in 30.0 s",
        "load by agentaudit: 2.5 requests a second, 4 sessions, 40 requests in 30.0 s",
    ]
    assert list(texts.values()) == [True, False]
