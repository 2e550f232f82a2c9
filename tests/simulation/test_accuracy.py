"""What predictions come to: errors, and whether they tell policies apart."""

from agentaudit.model.validation import Comparisons, Outcome, ValidatedRun
from agentaudit.simulation.experiments.accuracy import accuracies, comparisons, foreknown, own


def outcome(mean: int) -> Outcome:
    return Outcome(p50_ns=mean, p90_ns=2 * mean, mean_ns=mean, makespan_ns=4 * mean)


def run(policy: str, repeat: int, *, measured: int, known: int, of_its_own: int) -> ValidatedRun:
    return ValidatedRun(
        policy=policy,
        parameters="",
        repeat=repeat,
        measured=outcome(measured),
        foreknown=outcome(known),
        own=outcome(of_its_own),
        foreign_cores=0.0,
        stolen_cores=0.0,
        speed=1.0,
    )


RUNS = [
    run("a", 0, measured=100, known=90, of_its_own=100),
    run("b", 0, measured=200, known=240, of_its_own=202),
    run("a", 1, measured=100, known=110, of_its_own=100),
    run("b", 1, measured=98, known=120, of_its_own=90),
]


def test_errors_are_means_of_single_runs() -> None:
    everything, one, other = accuracies(RUNS)

    assert (everything.policy, one.policy, other.policy) == ("all", "a", "b")
    assert round(one.foreknown.errors.p50, 12) == 0.1
    assert abs(one.foreknown.bias) < 1e-12
    assert (one.own.errors.p90, one.own.runs, everything.own.runs) == (0.0, 2, 4)


def test_only_clear_pairs_have_a_better_one() -> None:
    """Two groups of one repeat; in the second, the policies differ by 2 %."""
    groups = [RUNS[:2], RUNS[2:]]
    known = comparisons(groups, foreknown)
    its_own = comparisons(groups, own)

    assert (known.pairs, known.right, known.clear_pairs, known.clear_right) == (2, 1, 1, 1)
    assert (its_own.right, its_own.clear_right) == (2, 1)
    assert its_own.ratio_error < known.ratio_error


def test_repeats_are_compared_by_their_means() -> None:
    """100 beside 149 measured; 100 beside 180 and 100 beside 146 predicted."""
    assert round(comparisons([RUNS], foreknown).ratio_error, 6) == round(1 - 149 / 180, 6)
    assert round(comparisons([RUNS], own).ratio_error, 6) == round(149 / 146 - 1, 6)


def test_one_policy_is_compared_with_nobody() -> None:
    assert comparisons([RUNS[:1]], own) == Comparisons(
        pairs=0, ratio_error=0.0, clear_pairs=0, clear_right=0, right=0
    )
