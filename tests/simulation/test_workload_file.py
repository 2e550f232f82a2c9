"""The workload file: what it says, and everything that is wrong with it at once."""

import inspect

import pytest

from agentaudit.errors import InputError, UsageError
from agentaudit.model.workload import Heavy, Stage
from agentaudit.readers.yaml import parse_yaml
from agentaudit.simulation import workload_file
from agentaudit.simulation.arrivals import CLOSED, RECORDED, WAYS, ArrivalKind, Arrivals
from agentaudit.simulation.machine import H200, PRESETS, RTX_PRO_6000
from agentaudit.simulation.synthetic import StepShape, TypeShape, WorkloadShape
from agentaudit.simulation.workload_file import overridden, parse_workload

MS = 1_000_000


def parsed(text: str) -> WorkloadShape:
    return parse_workload(parse_yaml("w.yaml", text).root, file="w.yaml")


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as raised:
        parsed(text)
    return [str(problem) for problem in raised.value.problems]


def test_the_example_of_the_documentation() -> None:
    example = inspect.getdoc(workload_file) or ""
    shape = parsed(example.split("\n\n")[1] + "\n")

    assert (shape.requests, shape.seed) == (200, 1)
    assert shape.arrivals == Arrivals(kind=ArrivalKind.POISSON, number=12)
    assert shape.machine == PRESETS["sys2"]
    assert shape.types == (
        TypeShape(
            name="web",
            weight=3,
            steps=(
                StepShape(stage=Stage.WAIT, mean_ns=350 * MS, name="fetch"),
                StepShape(stage=Stage.CPU, mean_ns=4800 * MS, spread=0.2, name="summarise"),
                StepShape(stage=Stage.GPU, mean_ns=1300 * MS),
            ),
        ),
        TypeShape(
            name="chat",
            heavy=Heavy.GPU,
            steps=(StepShape(stage=Stage.GPU, mean_ns=2000 * MS, spread=0.5),),
        ),
    )


def test_only_types_are_needed() -> None:
    shape = parsed("types: [{name: a, steps: [{cpu: 300us}]}]")

    assert (shape.requests, shape.arrivals, shape.seed, shape.machine) == (100, CLOSED, 0, None)
    assert shape.types[0].steps[0].mean_ns == 300_000


def test_a_machine_of_ones_own() -> None:
    shape = parsed(
        "machine: {cores: 8, gpu: sys1, dispatch: 20ms}\n"
        "types: [{name: a, steps: [{cpu: 1s, threads: 4}]}]"
    )

    assert shape.machine is not None
    assert (shape.machine.cores, shape.machine.dispatch_ns) == (8, 20 * MS)
    assert shape.machine.gpu == RTX_PRO_6000
    assert not any("H200" in sentence for sentence in shape.machine.assumptions)
    assert shape.types[0].steps[0].threads == 4


def test_a_machine_without_a_gpu_has_the_stated_default() -> None:
    shape = parsed("machine: {cores: 8}\ntypes: [{name: a, steps: [{cpu: 1s}]}]")

    assert shape.machine is not None
    assert shape.machine.gpu == H200
    assert any("H200" in sentence for sentence in shape.machine.assumptions)


def test_all_problems_are_named_with_their_places() -> None:
    text = """\
requests: 0
arrivals: bursts
seed: -1
machine: sys9
speed: 3
types:
  - name: a
    weight: 0
    heavy: both
    steps:
      - {cpu: 5}
      - {cpu: 1s, gpu: 1s}
      - {wait: 1s, spread: -1, threads: 0, note: x}
      - 3s
  - {name: a}
"""

    assert problems(text) == [
        "w.yaml:5:8: a workload has no 'speed'; it has requests, arrivals, seed, machine, types",
        "w.yaml:11:15: cpu is a time such as 1.5s, 20ms or 300us",
        "w.yaml:12:9: a step has exactly one of cpu, gpu, wait",
        "w.yaml:13:50: a step has no 'note'; it has cpu, gpu, wait, spread, threads, name",
        "w.yaml:13:28: spread is at least 0",
        "w.yaml:13:41: threads is a whole number from 1 to 4096",
        "w.yaml:14:9: a step is a mapping of cpu, gpu, wait, spread, threads, name",
        "w.yaml:14:9: a step has exactly one of cpu, gpu, wait",
        "w.yaml:8:13: weight is above 0",
        "w.yaml:9:12: heavy is cpu or gpu",
        "w.yaml:15:5: a type needs 'steps'",
        "w.yaml:7:3: two types have the same name",
        "w.yaml:1:11: requests is a whole number from 1 to 10000000",
        f"w.yaml:2:11: arrivals are {WAYS}, not 'bursts'",
        "w.yaml:3:7: seed is a whole number from 0 to 9223372036854775808",
        "w.yaml:4:10: a machine is one of sys1, sys2, v1, or has cores, gpu and dispatch",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "a workload is a mapping"),
        ("requests: 5", "a workload needs 'types'"),
        ("types: {}", "types is a list"),
        ("types: []", "types is a list"),
        ("types: [{name: a, steps: []}]", "steps is a list"),
        ("arrivals: recorded\ntypes: [{name: a, steps: [{cpu: 1s}]}]", "nothing was recorded"),
        ("types: [{name: a, steps: [{cpu: 99999999999s}]}]", "cpu is a time"),
        ("types: [{name: a, weight: much, steps: [{cpu: 1s}]}]", "weight is a number"),
        ("types: [{name: a, weight: .inf, steps: [{cpu: 1s}]}]", "weight is"),
        ("types: [{name: a, steps: [{cpu: 1s}]}]\nmachine: {gpu: h100}", "gpu is one of"),
    ],
)
def test_what_a_workload_file_cannot_say(text: str, said: str) -> None:
    assert any(said in problem for problem in problems(text))


def test_the_command_line_has_the_last_word() -> None:
    shape = parsed("types: [{name: a, steps: [{cpu: 1s}]}]\nrequests: 5\nseed: 3")
    changed = overridden(shape, arrivals=None, requests=7, seed=0)

    assert (changed.requests, changed.seed, changed.arrivals) == (7, 0, CLOSED)
    assert overridden(shape, arrivals=None, requests=None, seed=None) == shape


def test_a_file_has_no_recorded_arrivals_and_no_empty_run() -> None:
    shape = parsed("types: [{name: a, steps: [{cpu: 1s}]}]")

    with pytest.raises(UsageError, match="no recorded arrivals"):
        overridden(shape, arrivals=RECORDED, requests=None, seed=None)
    with pytest.raises(UsageError, match="--requests is from 1"):
        overridden(shape, arrivals=None, requests=0, seed=None)
