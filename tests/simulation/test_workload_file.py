"""The workload file: what it says, and everything that is wrong with it at once."""

import inspect

import pytest
from inline_snapshot import snapshot

from agentaudit.errors import InputError, UsageError
from agentaudit.model.workload import Heavy, Power, PowerCurve, Stage
from agentaudit.readers.yaml import parse_yaml
from agentaudit.simulation.files import workload_file
from agentaudit.simulation.files.machine_file import parse_machine
from agentaudit.simulation.files.workload_file import overridden, parse_workload
from agentaudit.simulation.machines.machine import H200, PRESETS, RTX_PRO_6000
from agentaudit.simulation.workloads.arrivals import (
    CLOSED,
    RECORDED,
    WAYS,
    ArrivalKind,
    Arrivals,
    parse_arrivals,
)
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape

MS = 1_000_000
V1 = PRESETS["v1"].power or Power()


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
                StepShape(stage=Stage.GPU, mean_ns=1300 * MS, tokens=2000),
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


def test_a_machine_may_say_what_it_draws() -> None:
    text = "machine: {cores: 8, watts: 'cpu=140..400,gpu=142..650'}\n"
    power = parsed(text + "types: [{name: a, steps: [{cpu: 1s}]}]").machine

    assert power is not None
    assert power.power == Power(
        cpu=PowerCurve(points=((0, 140), (8, 400))), gpu=PowerCurve(points=((0, 142), (1, 650)))
    )
    with pytest.raises(InputError, match="watts are idle and busy ones"):
        parsed("machine: {cores: 8, watts: 12}\ntypes: [{name: a, steps: [{cpu: 1s}]}]")


def test_a_machine_may_say_what_it_draws_by_the_number_of_jobs() -> None:
    text = (
        "machine: {cores: 8, watts: {gpu: {0: 115, 1: 182.5, 64: 390}}}\n"
        "types: [{name: a, steps: [{cpu: 1s}]}]"
    )
    machine = parsed(text).machine

    assert machine is not None
    assert machine.power == Power(gpu=PowerCurve(points=((0, 115), (1, 182.5), (64, 390))))


@pytest.mark.parametrize(
    ("hardware", "known"),
    [
        ("like: v1", V1),
        ("like: v1, gpu: sys1", Power(cpu=V1.cpu)),
        ("like: v1, gpu: {1: 1, 8: 4}", Power(cpu=V1.cpu)),
        ("like: v1, cpu: {1: 1, 8: 4}", Power(gpu=V1.gpu)),
        ("like: v1, cores: 8", Power(gpu=V1.gpu)),
        ("like: v1, cpu: {1: 1, 8: 4}, gpu: {1: 1, 8: 4}", Power()),
        ("like: sys1, gpu: v1", Power(gpu=V1.gpu)),
        ("cores: 8, gpu: v1", Power(gpu=V1.gpu)),
        (
            "like: v1, gpu: sys1, watts: {gpu: {0: 1, 1: 2}}",
            Power(cpu=V1.cpu, gpu=PowerCurve(points=((0, 1), (1, 2)))),
        ),
    ],
)
def test_what_hardware_draws_goes_with_it(hardware: str, known: Power) -> None:
    machine = parsed(f"machine: {{{hardware}}}\ntypes: [{{name: a, steps: [{{cpu: 1s}}]}}]").machine

    assert machine is not None
    assert machine.power == known


def test_every_wrong_watt_is_named_with_its_place() -> None:
    text = """machine:
  cores: 8
  watts:
    cpu: {0: 100, 1: 90}
    gpu: {1: 100, some: 200, 3: -1}
    disk: {0: 1}
types: [{name: a, steps: [{cpu: 1s}]}]
"""
    with pytest.raises(InputError) as error:
        parsed(text)

    assert [(one.line, one.column, one.message) for one in error.value.problems] == snapshot(
        [
            (
                4,
                10,
                "watts of the cpu: watts are at least 0, and at least those of 0 jobs, idle",
            ),
            (5, 19, "watts of the gpu: 'some' is no number of jobs from 0 to 1000000"),
            (5, 33, "watts of the gpu at 3 is at least 0, not '-1'"),
            (6, 5, "watts has no 'disk'; it has cpu, gpu"),
        ]
    )
    with pytest.raises(InputError, match="watts of the gpu: watts start at 0 jobs, idle"):
        parsed("machine: {cores: 1, watts: {gpu: {1: 9}}}\ntypes: [{name: a, steps: [{cpu: 1s}]}]")


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
        "w.yaml:1:11: requests is a whole number from 1 to 10000000, not '0'",
        f"w.yaml:2:11: arrivals are {WAYS}, not 'bursts'",
        "w.yaml:3:7: seed is a whole number from 0 to 9223372036854775807, not '-1'",
        (
            "w.yaml:4:10: a machine is one of sys1, sys2, v1, or has cores, gpu and dispatch,"
            " not 'sys9'"
        ),
        "w.yaml:5:1: a workload has no 'speed'; it has requests, arrivals, seed, machine, types",
        "w.yaml:8:13: weight is above 0, not '0'",
        "w.yaml:9:12: heavy is cpu or gpu, not 'both'",
        "w.yaml:11:15: cpu is a time such as 1.5s, 20ms or 300us, not '5'",
        "w.yaml:12:9: a step has exactly one of cpu, gpu, wait; this one has cpu and gpu",
        "w.yaml:13:28: spread is at least 0, not '-1'",
        "w.yaml:13:41: threads is a whole number from 1 to 4096, not '0'",
        (
            "w.yaml:13:44: a step has no 'note'; it has cpu, gpu, wait, spread, threads, name,"
            " tokens, python"
        ),
        (
            "w.yaml:14:9: a step is a mapping of cpu, gpu, wait, spread, threads, name,"
            " tokens, python, not '3s'"
        ),
        "w.yaml:15:5: a type needs 'steps'",
        "w.yaml:15:5: two types have the same name, 'a'",
    ]


def test_a_machine_with_limits_says_so_among_its_assumptions() -> None:
    machine = parsed(
        "machine: {like: sys2, cores: 8, calls: 64, kv_tokens: 20000, recompute: 50us,"
        " background: 2, starvation: 0.1}\n"
        "types: [{name: a, steps: [{cpu: 1s, python: 0.25}, {gpu: 1s, tokens: 20000}]}]"
    ).machine

    assert machine is not None
    assert (machine.cores, machine.gpu) == (8, H200)
    assert (machine.most_calls, machine.kv_tokens, machine.recompute_ns) == (64, 20_000, 50_000)
    assert (machine.background, machine.starvation) == (2, 0.1)
    assert [sentence.split(".")[0] for sentence in machine.assumptions[-5:]] == [
        "The LLM server serves at most 64 calls at once; others wait",
        "The KV cache has room for 20,000 tokens",
        (
            "A call whose request's context the KV cache has lost computes it again, at 50 us of"
            " GPU work a token"
        ),
        "Other programs always run 2 threads beside the agent's",
        "A host with n running threads to a core slows LLM calls by 0",
    ]


def test_a_call_larger_than_the_cache_has_its_place() -> None:
    text = "machine: {kv_tokens: 100}\ntypes: [{name: a, steps: [{gpu: 1s, tokens: 101}]}]"

    assert problems(text) == [
        "w.yaml:2:45: the call of 101 is larger than the KV cache, 100 tokens"
    ]


def test_a_machine_file_of_its_own() -> None:
    root = parse_yaml("m.yaml", "cores: 4\ncalls: 0\nspeed: 2").root

    assert parse_machine(parse_yaml("m.yaml", "sys1").root, file="m.yaml") == PRESETS["sys1"]
    with pytest.raises(InputError) as raised:
        parse_machine(root, file="m.yaml")
    assert [str(problem) for problem in raised.value.problems] == [
        "m.yaml:2:8: calls is a whole number from 1 to 1000000000, not '0'",
        (
            "m.yaml:3:1: a machine has no 'speed'; it has like, cores, cpu, gpu, dispatch,"
            " calls, kv_tokens, recompute, background, starvation, watts"
        ),
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
        ("types: [{name: a, steps: [{cpu: 1s}]}]\nmachine: {like: h100}", "like is one of"),
        ("types: [{name: a, steps: [{cpu: 1s}]}]\nmachine: {background: -1}", "background is a"),
        ("types: [{name: all, steps: [{cpu: 1s}]}]", "all is that of all requests together"),
        ("types: [{name: '', steps: [{cpu: 1s}]}]", "a type has a name"),
        ("types: [{name: a, steps: [{cpu: 1s, python: 2}]}]", "python is a share from 0 to 1"),
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


@pytest.mark.parametrize(
    ("written", "scaled"),
    [
        ("poisson:2", "poisson:4"),
        ("gamma:2:3", "gamma:4:3"),
        ("onoff:8:4s:20s:1,mix:0.5", "onoff:16:2s:10s:2,mix:0.5"),
    ],
)
def test_arrivals_with_a_rate_come_by_a_faster_clock(written: str, scaled: str) -> None:
    shape = parsed(f'arrivals: "{written}"\ntypes: [{{name: a, steps: [{{cpu: 1s}}]}}]')

    changed = overridden(shape, arrivals=parse_arrivals("scaled:2"), requests=None, seed=None)

    assert changed.arrivals == parse_arrivals(scaled)


@pytest.mark.parametrize(
    ("written", "scaled"),
    [("poisson:0.001", "scaled:0.00001"), ("onoff:20:2s:8s", "scaled:1e12")],
)
def test_a_clock_beyond_what_is_counted_is_refused(written: str, scaled: str) -> None:
    shape = parsed(f"arrivals: {written}\ntypes: [{{name: a, steps: [{{cpu: 1s}}]}}]")

    with pytest.raises(UsageError, match="times as fast"):
        overridden(shape, arrivals=parse_arrivals(scaled), requests=None, seed=None)


@pytest.mark.parametrize("written", ["closed", "users:8:5s"])
def test_arrivals_without_a_rate_have_no_clock(written: str) -> None:
    shape = parsed(f"arrivals: {written}\ntypes: [{{name: a, steps: [{{cpu: 1s}}]}}]")

    with pytest.raises(UsageError, match="has none with a rate"):
        overridden(shape, arrivals=parse_arrivals("scaled:2"), requests=None, seed=None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cores: 2\ncpu: 3", "m.yaml:2:6: cpu is points such as {1: 1, 2: 1.9, 8: 4}"),
        ("cpu: {1: 1}", "m.yaml:1:6: cpu points need cores beside them"),
        ("cores: 2\ncpu: {2: 1}", "m.yaml:2:6: cpu: a speed curve starts at 1 job and ascends"),
        ("cores: 2\ncpu: {1: 1, 4: 2, 2: 2}", "m.yaml:2:6: cpu: a speed curve starts at 1 job"),
        ("cores: 2\ncpu: {1: 1, x: 2}", "m.yaml:2:13: cpu: 'x' is no number of jobs from 1"),
        ("cores: 2\ncpu: {1: 1, 2: fast}", "m.yaml:2:16: cpu at 2 is a number"),
        ("cores: 2\ngpu: {1: 1, 8: 0}", "m.yaml:2:16: gpu at 8 is above 0"),
        ("cores: 2\ngpu: {1: inf}", "m.yaml:2:10: gpu at 1 is above 0"),
        ("cores: 2\ngpu: {1: 1e300}", "m.yaml:2:10: gpu at 1 is below 1,000,000,000"),
        ("cores: 2\ngpu: {1: 1e-300}", "m.yaml:2:10: gpu at 1 is at least 1e-06"),
        ("cores: 2\ngpu: [1]", "m.yaml:2:6: gpu is one of"),
    ],
)
def test_points_that_are_none(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_machine(parse_yaml("m.yaml", text).root, file="m.yaml")

    assert said in str(raised.value)


def test_a_preset_with_speeds_of_ones_own_keeps_its_assumptions() -> None:
    text = "like: sys1\ncpu: {1: 1, 64: 40}\ngpu: {1: 1, 8: 3}"
    machine = parse_machine(parse_yaml("m.yaml", text).root, file="m.yaml")

    assert machine.cores == 64
    assert machine.cpu.points[-1] == (64, 40.0)
    assert machine.gpu.points[-1] == (8, 3.0)
    assert machine.assumptions == PRESETS["sys1"].assumptions
