"""What predictions come to: errors, and whether they tell policies apart."""

from agentaudit.model.validation import Comparisons, Outcome, ValidatedRun
from agentaudit.simulation.accuracy import accuracies, by_repeat, comparisons, foreknown, own


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
    known = comparisons(by_repeat(RUNS), foreknown)
    its_own = comparisons(by_repeat(RUNS), own)

    assert (known.pairs, known.right, known.clear_pairs, known.clear_right) == (2, 1, 1, 1)
    assert (its_own.right, its_own.clear_right) == (2, 1)
    assert its_own.ratio_error < known.ratio_error


def test_one_policy_is_compared_with_nobody() -> None:
    assert comparisons([RUNS[:1]], own) == Comparisons(
        pairs=0, ratio_error=0.0, clear_pairs=0, clear_right=0, right=0
    )
