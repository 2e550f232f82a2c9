"""Lanes: no gap, no overlap, and every nanosecond of CPU time placed."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.columns import Readings, Runs
from agentaudit.model.recording import Frame
from agentaudit.model.rule import LabelRules, StepRule
from agentaudit.model.trace import StepKind
from agentaudit.profiling.labels import UNSEEN, Labeller
from agentaudit.profiling.lanes import joined, pieces_of, place_cpu, with_idle_told_apart
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.sharing import split

MS = 1_000_000
RULES = tuple(
    StepRule(
        id=file, framework="", file=file, function="*", when="own_code", kind=kind, confidence=0.5
    )
    for file, kind in (
        ("tools.py", StepKind.TOOL_CALL),
        ("llm.py", StepKind.LLM_INFERENCE),
        ("agent.py", StepKind.ORCHESTRATION),
    )
)
STACKS = [(Frame(file=f"/app/{name}.py", function="run"),) for name in ("tools", "llm", "agent")]
STACKS.append((Frame(file="/app/other.py", function="x"),))
TOOL, MODEL, AGENT, OTHER = range(4)
LABELLER = Labeller(LabelRules(frames=RULES), STACKS)
Run = tuple[int, int, int]


def run(start_ms: float, end_ms: float, stack: int) -> Run:
    return round(start_ms * MS), round(end_ms * MS), stack


def readings(*used: tuple[int, int, float]) -> Readings:
    found = Readings()
    for since_ms, at_ms, cpu_ms in used:
        found.add(since_ms * MS, at_ms * MS, round(cpu_ms * MS), 0)
    return found


def pieces(*of_thread: Run, gone_ms: Sequence[int] = ()) -> list[Piece]:
    runs = Runs(pid=1, tid=2)
    for row in of_thread:
        runs.add(*row)
    return pieces_of(runs, LABELLER, [at * MS for at in gone_ms])


def spans(found: Sequence[Piece]) -> list[tuple[str, int, int]]:
    return [(piece.kind.value, piece.start_ns // MS, piece.end_ns // MS) for piece in found]


def test_runs_of_one_label_are_one_piece_and_small_gaps_are_closed() -> None:
    found = pieces(run(0, 10, TOOL), run(12, 20, TOOL), run(30, 50, MODEL))

    assert spans(found) == [("tool_call", 0, 30), ("llm_inference", 30, 50)]


def test_a_long_gap_is_time_nobody_saw() -> None:
    found = pieces(run(0, 10, TOOL), run(500, 510, MODEL))

    assert spans(found)[1] == ("unknown", 10, 500)
    assert found[1].label is UNSEEN


def test_a_thread_that_comes_out_as_it_went_in_has_gone_on() -> None:
    assert spans(pieces(run(0, 10, TOOL), run(200, 210, TOOL))) == [("tool_call", 0, 210)]


def test_runs_of_two_samplers_never_cover_each_other() -> None:
    found = pieces(run(0, 100, TOOL), run(90, 200, MODEL))

    assert spans(found) == [("tool_call", 0, 100), ("llm_inference", 100, 200)]


def test_a_thread_that_ended_is_not_shown_any_longer() -> None:
    """A sampler shows the last stack of a dead thread up to the end of its recording."""
    assert spans(pieces(run(0, 1000, TOOL), gone_ms=[300])) == [("tool_call", 0, 300)]
    assert pieces(run(310, 1000, TOOL), gone_ms=[300]) == []
    assert pieces(run(9000, 9100, TOOL), gone_ms=[300]) != []


def test_orchestration_off_the_cpu_is_idle_and_a_wait_for_a_model_is_not() -> None:
    found = pieces(run(0, 100, AGENT), run(100, 200, MODEL))

    told = with_idle_told_apart(found, readings((20, 40, 15), (40, 60, 0.5)))

    assert spans(told) == [
        ("idle", 0, 20),
        ("orchestration", 20, 40),
        ("idle", 40, 100),
        ("llm_inference", 100, 200),
    ]


def test_time_within_a_piece_is_its_own_to_the_nanosecond() -> None:
    found = pieces(run(0, 100, TOOL), run(100, 200, MODEL))

    left = place_cpu(found, readings((20, 40, 17), (120, 140, 1)))

    assert (left, [piece.cpu_ns for piece in found]) == ([], [17 * MS, MS])


def test_time_on_an_edge_goes_to_the_kind_that_uses_cpu() -> None:
    found = pieces(run(0, 100, TOOL), run(100, 200, MODEL))

    place_cpu(found, readings((20, 40, 20), (90, 110, 10), (150, 170, 0.001)))

    assert found[0].cpu_ns > 29.9 * MS


def test_time_far_from_every_piece_is_left_over() -> None:
    far = readings((900, 920, 5))

    assert place_cpu(pieces(run(0, 10, TOOL)), far) == list(far.rows())
    assert place_cpu([], far) == list(far.rows())


def test_neighbours_of_one_kind_are_one_step_and_keep_the_telling_name() -> None:
    found = joined(pieces(run(0, 100, TOOL), run(100, 200, MODEL), run(200, 300, MODEL)))

    assert spans(found) == [("tool_call", 0, 100), ("llm_inference", 100, 300)]


runs = st.lists(
    st.builds(
        lambda start, length, stack: run(start, start + length, stack),
        st.integers(0, 2000),
        st.integers(1, 400),
        st.integers(TOOL, OTHER),
    ),
    min_size=1,
    max_size=12,
)
times = st.lists(
    st.tuples(st.integers(0, 60), st.floats(0, 20)), max_size=40, unique_by=lambda pair: pair[0]
)


@given(runs=runs, used=times, gone=st.lists(st.integers(0, 2500), max_size=2))
def test_pieces_tile_their_span_and_keep_every_nanosecond(
    runs: list[Run], used: list[tuple[int, float]], gone: list[int]
) -> None:
    """I9 for one thread: wall time is tiled exactly, CPU time is placed or left over exactly."""
    taken = readings(*((at * 40, at * 40 + 20, cpu) for at, cpu in sorted(used)))

    found = with_idle_told_apart(pieces(*runs, gone_ms=gone), taken)
    left_ns = sum(cpu_ns for _, _, cpu_ns, _ in place_cpu(found, taken))
    steps = joined(found)

    assert all(before.end_ns == after.start_ns for before, after in pairwise(found))
    assert all(piece.wall_ns > 0 for piece in found)
    if found:
        assert sum(step.wall_ns for step in steps) == found[-1].end_ns - found[0].start_ns
    assert sum(step.cpu_ns for step in steps) + left_ns == sum(taken.cpu_ns)


@given(st.integers(0, 10**15), st.lists(st.floats(0, 1e9), min_size=1, max_size=20))
def test_parts_add_up_to_the_whole(amount: int, weights: list[float]) -> None:
    parts = split(amount, weights)

    assert sum(parts) == amount
    assert min(parts) >= 0


def test_an_amount_for_nobody_has_no_parts() -> None:
    assert list(split(5, [])) == []
