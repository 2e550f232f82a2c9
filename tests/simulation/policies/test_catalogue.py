"""The names that users type."""

import pytest
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import Heavy, Workload, WorkRequest
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.caps import Caps
from agentaudit.simulation.policies.catalogue import SHIPPED, policy_names, shipped_policies

CAPS = Caps(
    group=4,
    slots=5,
    total=14,
    cpu=4,
    gpu=8,
    shared=2,
    offset_ns=2_500_000_000,
    pin_ns=1_500_000_000,
)
REQUEST = WorkRequest(request_id=0, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=())
CLOSED = Workload(
    requests=(REQUEST, REQUEST.changed(request_id=1)), source="t", arrivals="closed", seed=0
)
OPEN = replace(CLOSED, requests=(REQUEST, REQUEST.changed(request_id=1, arrival_ns=5)))


def test_every_shipped_policy_has_its_name_and_a_source() -> None:
    policies = shipped_policies(list(SHIPPED), CAPS)

    assert [policy.name for policy in policies] == list(SHIPPED)
    assert all("arXiv:" in policy.source or "textbook" in policy.source for policy in policies)
    assert {policy.name: policy.parameters for policy in policies} == {
        "sequential": "cap=1",
        "multi-processing": "no cap",
        "fcfs": "cap=14",
        "micro-batching": "B_cap=4",
        "micro-batching-rolling": "cap=4",
        "comb-closed": "B_cap=4 s=2.5s",
        "comb-open": "cap=5",
        "mas": "E_CPU=4 E_GPU=8 E_shared=2",
        "multi-threading": "one interpreter",
        "cgam-overlap": "B_cap=4",
        "maws": "no cap",
        "maws-cgam": "B_cap=4 for CPU-heavy",
        "sjf": "cap=5 by the mean of its type",
        "sjf-oracle": "cap=5 by what each will need",
        "las": "quantum=1s patience=10",
        "continuum": "TTL=1.5s",
        "mars": "window from 8 +1 *0.7 each 0.2s",
    }


def test_policies_suit_the_arrivals() -> None:
    assert policy_names([], CLOSED)[0] == "multi-processing"
    assert policy_names([], OPEN)[0] == "fcfs"
    assert "comb-closed" in policy_names([], CLOSED)
    assert "comb-open" in policy_names([], OPEN)


def test_comb_is_the_form_that_suits_the_arrivals() -> None:
    assert policy_names(["comb", "comb"], CLOSED) == ("multi-processing", "comb-closed")
    assert policy_names(["comb"], OPEN) == ("fcfs", "comb-open")


def test_a_baseline_that_is_asked_for_is_the_baseline() -> None:
    assert policy_names(["mas", "fcfs"], CLOSED) == ("fcfs", "mas")


def test_all_are_those_that_can_be_used_after_the_baseline_that_suits() -> None:
    names = policy_names(["all"], OPEN)

    assert names[0] == "fcfs"
    assert set(names) == set(SHIPPED) - {"sjf-oracle"}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no policy is called fifo; there are comb, sequential"):
        policy_names(["fifo", "mas"], OPEN)


def test_a_cap_is_checked_when_made() -> None:
    with pytest.raises(ValueError, match="at least 1, not 0"):
        CappedConcurrency(name="fcfs", source="test", cap=0)
