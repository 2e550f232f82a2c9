"""How often looks can be had: laws of what they may cost."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks.allowance import LEAST_SHARE, SHARE, Allowance
from agentaudit.probes.stacks.budget import LEAST_HZ

WINDOW_NS = 500_000_000

rates = st.integers(1, 1000)
prices = st.integers(0, 10**8)
shares = st.floats(0.0, 2.0)


def settled(rate_hz: int, look_ns: int, rest: float) -> Allowance:
    """After a while in which each look had this price, and all else this share of a core."""
    allowance = Allowance(rate_hz)
    now_ns = looks_ns = all_ns = 0
    allowance.begin(now_ns, looks_ns, all_ns)
    for _ in range(60):
        now_ns += WINDOW_NS
        used_ns = look_ns * WINDOW_NS // allowance.pause_ns
        looks_ns += used_ns
        all_ns += used_ns + int(rest * WINDOW_NS)
        allowance.spent(now_ns, looks_ns, all_ns)
    return allowance


@given(rates, prices, shares)
def test_looks_use_what_the_rest_leaves_and_are_never_too_few(
    rate_hz: int, look_ns: int, rest: float
) -> None:
    allowance = settled(rate_hz, look_ns, rest)

    wanted_ns = 10**9 // rate_hz
    fewest_ns = max(10**9 // LEAST_HZ, wanted_ns)
    left = max(SHARE - rest, LEAST_SHARE)
    assert wanted_ns <= allowance.pause_ns <= fewest_ns
    assert look_ns <= 1.05 * left * allowance.pause_ns + 1 or allowance.pause_ns == fewest_ns
    assert look_ns >= 0.95 * left * allowance.pause_ns - 1 or allowance.pause_ns == wanted_ns


@given(rates, prices, prices, shares)
def test_what_costs_more_is_looked_at_no_more_often(
    rate_hz: int, one_ns: int, more_ns: int, rest: float
) -> None:
    cheap, dear = (settled(rate_hz, look_ns, rest) for look_ns in (one_ns, one_ns + more_ns))

    assert cheap.pause_ns <= dear.pause_ns * 1.1 + 2


def test_it_is_asked_when_enough_has_been_seen() -> None:
    allowance = Allowance(200)
    allowance.begin(0, 0, 0)

    assert not allowance.due(WINDOW_NS - 1)
    assert allowance.due(WINDOW_NS)
