"""MAS against Algorithm 1, written out in the paper's own words."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.workload import Heavy, WorkRequest
from agentaudit.simulation.policies.mas import MixedAdmission
from agentaudit.simulation.policy import Admission


def mas(cpu_cap: int, gpu_cap: int, shared_cap: int) -> MixedAdmission:
    return MixedAdmission(
        name="mas", source="test", cpu_cap=cpu_cap, gpu_cap=gpu_cap, shared_cap=shared_cap
    )


def request(place: int, heavy: Heavy) -> WorkRequest:
    return WorkRequest(request_id=place, type=heavy, heavy=heavy, arrival_ns=0, steps=())


def admitted(admission: Admission) -> list[int]:
    return [started.request_id for started in admission.admit(0)]


class Algorithm1:
    """Section 4.2 of arXiv:2511.00739v3, line by line, one event at a time."""

    def __init__(self, cpu_cap: int, gpu_cap: int, shared_cap: int) -> None:
        self.e_cpu, self.e_gpu, self.e_shared = cpu_cap, gpu_cap, shared_cap
        self.q_cpu: set[int] = set()
        self.q_gpu: set[int] = set()
        self.q_res: set[int] = set()
        self.w_cpu: deque[WorkRequest] = deque()
        self.w_gpu: deque[WorkRequest] = deque()
        self.next = Heavy.CPU
        self.started: list[int] = []

    def try_admit(self, r: WorkRequest) -> bool:
        if r.heavy is Heavy.CPU and len(self.q_cpu) < self.e_cpu:
            self.q_cpu.add(r.request_id)
        elif r.heavy is Heavy.GPU and len(self.q_gpu) < self.e_gpu:
            self.q_gpu.add(r.request_id)
        elif len(self.q_res) < self.e_shared:
            self.q_res.add(r.request_id)
        else:
            return False
        self.started.append(r.request_id)
        return True

    def on_arrival(self, r: WorkRequest) -> None:
        if not self.try_admit(r):
            (self.w_cpu if r.heavy is Heavy.CPU else self.w_gpu).append(r)

    def on_completion(self, r: WorkRequest) -> None:
        for queue in (self.q_cpu, self.q_gpu, self.q_res):
            queue.discard(r.request_id)
        first, second = (
            (self.w_cpu, self.w_gpu) if self.next is Heavy.CPU else (self.w_gpu, self.w_cpu)
        )
        first_class = self.next
        second_class = Heavy.GPU if first_class is Heavy.CPU else Heavy.CPU
        if first and self.try_admit(first[0]):
            first.popleft()
            self.next = second_class
        if second and self.try_admit(second[0]):
            second.popleft()
            self.next = first_class


caps = st.integers(1, 3)


@given(
    st.tuples(caps, caps, st.integers(0, 3)),
    st.lists(st.tuples(st.booleans(), st.integers(0, 99))),
    st.data(),
)
def test_admissions_are_those_of_algorithm_1(
    limits: tuple[int, int, int], events: list[tuple[bool, int]], data: st.DataObject
) -> None:
    """Whatever arrives and ends, in whatever order."""
    expected = Algorithm1(*limits)
    admission = mas(*limits).admission()
    running: list[WorkRequest] = []
    known: dict[int, WorkRequest] = {}

    for place, (arrival, number) in enumerate(events):
        expected.started = []
        if arrival or not running:
            known[place] = request(place, data.draw(st.sampled_from(Heavy)))
            expected.on_arrival(known[place])
            admission.arrived(known[place])
        else:
            ended = running.pop(number % len(running))
            expected.on_completion(ended)
            admission.finished(ended)
        assert admitted(admission) == expected.started
        running.extend(known[identity] for identity in expected.started)
        sizes = (len(expected.q_cpu), len(expected.q_gpu), len(expected.q_res))
        assert all(size <= limit for size, limit in zip(sizes, limits, strict=True))


def test_a_blocked_class_does_not_block_the_other() -> None:
    admission = mas(1, 1, 0).admission()
    for place, heavy in enumerate([Heavy.CPU, Heavy.CPU, Heavy.CPU, Heavy.GPU]):
        admission.arrived(request(place, heavy))

    assert admitted(admission) == [0, 3]


def test_the_reserve_is_for_overflow_of_either_class() -> None:
    admission = mas(1, 1, 1).admission()
    for place, heavy in enumerate([Heavy.GPU, Heavy.GPU, Heavy.CPU, Heavy.GPU]):
        admission.arrived(request(place, heavy))

    assert admitted(admission) == [0, 1, 2]


def test_a_freed_shared_slot_goes_to_the_class_whose_turn_it_is() -> None:
    """Both wait for the one shared slot: CPU has the first turn, GPU the next."""
    admission = mas(1, 1, 1).admission()
    heavies = [Heavy.CPU, Heavy.GPU, Heavy.CPU, Heavy.CPU, Heavy.GPU, Heavy.CPU]
    requests = [request(place, heavy) for place, heavy in enumerate(heavies)]
    for item in requests:
        admission.arrived(item)
    starts = [admitted(admission)]
    for ended in (2, 3, 4):
        admission.finished(requests[ended])
        starts.append(admitted(admission))

    assert starts == [[0, 1, 2], [3], [4], [5]]


@pytest.mark.parametrize(
    ("caps", "named"), [((0, 1, 1), "E_CPU"), ((1, 0, 1), "E_GPU"), ((1, 1, -1), "E_shared")]
)
def test_caps_are_checked_when_made(caps: tuple[int, int, int], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        mas(*caps)


def test_parameters_read_as_the_paper_writes_them() -> None:
    assert mas(64, 128, 32).parameters == "E_CPU=64 E_GPU=128 E_shared=32"
