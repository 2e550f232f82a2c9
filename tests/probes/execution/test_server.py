"""The server that is played shares itself as the simulator's stations do."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.workload import SpeedCurve
from agentaudit.probes.execution.messages import ANSWER, CALL, channel, packet
from agentaudit.probes.execution.server import Batch, serve
from agentaudit.simulation.stations.speed import total_speed
from agentaudit.simulation.stations.stations import NEVER, Station

CURVE = SpeedCurve(points=((1, 1.0), (2, 1.5), (8, 3.0)))
SPEEDS = [0.0, *(total_speed(CURVE, calls) for calls in range(1, 40))]
CALLS = st.lists(
    st.tuples(st.integers(0, 5_000), st.integers(1_000, 9_000)), min_size=1, max_size=30
)


def ends_of_station(calls: list[tuple[int, int]]) -> dict[int, int]:
    station, ends = Station(CURVE, 1), {}
    coming = sorted((begin_ns, number) for number, (begin_ns, _) in enumerate(calls))
    while coming or station.due_ns() < NEVER:
        now_ns = min([station.due_ns(), *(begin_ns for begin_ns, _ in coming[:1])])
        ends.update(dict.fromkeys(station.ended(now_ns), now_ns))
        while coming and coming[0][0] == now_ns:
            number = coming.pop(0)[1]
            station.start(now_ns, number, calls[number][1], 1)
    return ends


@given(CALLS)
def test_calls_end_when_those_of_the_simulator_do(calls: list[tuple[int, int]]) -> None:
    """Within the rounding of a few events, however late the server wakes up."""
    batch, ends = Batch(SPEEDS), {}
    for begin_ns, number in sorted((begin, number) for number, (begin, _) in enumerate(calls)):
        ends.update({call: end_ns for call, _, end_ns in batch.ended(begin_ns)})
        batch.start(begin_ns, number, calls[number][1])
    ends.update({call: end_ns for call, _, end_ns in batch.ended(10**9)})
    expected = ends_of_station(calls)

    assert ends.keys() == expected.keys()
    assert all(abs(ends[number] - expected[number]) <= len(calls) for number in ends)


def test_calls_are_answered_until_the_driver_is_gone() -> None:
    ours, theirs = channel()
    server = threading.Thread(target=serve, args=(theirs, SPEEDS))
    server.start()
    for number in range(3):
        ours.send(CALL.pack(number, 1_000_000))
    answers = [packet(ours, ANSWER) for _ in range(3)]
    ours.close()
    server.join()
    theirs.close()

    assert sorted(answer[0] for answer in answers if answer) == [0, 1, 2]
    assert all(answer[2] - answer[1] >= 1_000_000 for answer in answers if answer)
