"""Artifacts: what is written comes back, and what is no artifact is told apart."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.errors import ExitCode, InputError, UsageError
from agentaudit.model.results import Simulation
from agentaudit.model.workload import Machine, SpeedCurve
from agentaudit.store.artifacts import (
    KINDS,
    from_json,
    json_schema,
    read_artifact,
    to_json,
    write_artifact,
)
from tests.report import samples
from tests.report.samples import drawn_simulation

HERE = Path("some.json")


def simulation() -> Simulation:
    curve = SpeedCurve(points=((1, 1.0), (2, 2.0)))
    machine = Machine(name="here", cores=2, cpu=curve, gpu=curve)
    return Simulation(
        workload_source="run.aatrace",
        arrivals="closed",
        requests=2,
        seed=1,
        machine=machine,
        baseline="fcfs",
        results=(),
        advice=("Nothing to change.",),
        assumptions=(),
        tool_version="0",
    )


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    """I11: write and read is the identity."""
    write_artifact(simulation(), tmp_path / "deep" / "simulation.json")

    assert read_artifact(tmp_path / "deep" / "simulation.json") == simulation()


def test_all_that_a_simulation_answers_comes_back() -> None:
    """I11, and each answer fits its schema."""
    answered = samples.answered_simulation()

    assert from_json(to_json(answered), HERE) == answered
    jsonschema.validate(json.loads(to_json(answered)), json_schema("simulation"))


def test_a_simulation_of_an_older_release_is_read() -> None:
    """What it did not know is unknown, and nothing is made up."""
    whole = json.loads(to_json(samples.simulation()))
    kept = {"workload_source", "arrivals", "requests", "seed", "machine", "baseline", "results"}
    kept |= {"advice", "assumptions", "tool_version", "agentaudit", "kind"}
    for result in whole["results"]:
        for name in ("differences", "queue", "objectives", "goodput_per_s", "energy"):
            del result[name]
        for latency in result["by_type"]:
            del latency["latency"]["p95_ns"], latency["latency"]["intervals"]
    read = from_json(json.dumps({key: whole[key] for key in kept}).encode(), HERE)

    assert isinstance(read, Simulation)
    assert read.results[0].overall.latency.p95_ns is None
    assert (read.replications, read.load, read.recommendation) == (1, None, None)


@given(text=st.text(), number=st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_any_text_and_number_survives(text: str, number: int) -> None:
    """Strings of any characters, integers of 64 bits."""
    clean = text.encode("utf-8", "replace").decode()
    value = replace(simulation(), workload_source=clean, seed=number)

    assert from_json(to_json(value), HERE) == value


def test_equal_values_give_equal_bytes() -> None:
    """I5: keys are sorted."""
    text = to_json(simulation())
    keys = list(json.loads(text))

    assert to_json(simulation()) == text
    assert keys == sorted(keys)


@pytest.mark.parametrize("count", [0, 1, 50, 51, 130])
def test_a_list_is_written_alike_however_long_it_is(count: int) -> None:
    """It is made in pieces, which nobody can tell from the text."""
    text = to_json(replace(simulation(), advice=tuple(f'"{number}",\n' for number in range(count))))

    assert text == json.dumps(json.loads(text), indent=2).encode() + b"\n"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_a_schema_that_is_one(kind: str) -> None:
    """The schema can be shipped: a validator accepts it as a schema."""
    jsonschema.Draft202012Validator.check_schema(json_schema(kind))


def test_an_artifact_fits_its_schema() -> None:
    jsonschema.validate(json.loads(to_json(simulation())), json_schema("simulation"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", 'the key "agentaudit" is missing'),
        (b'{"agentaudit": 2, "kind": "profile"}', "has format 2; this release reads 1"),
        (b'{"agentaudit": 1, "kind": "novel"}', "known kinds are profile, simulation"),
        (b'{"agentaudit": 1, "kind": "simulation"}', "missing required field"),
        (
            to_json(simulation()).replace(b'"seed": 1', b'"seed": "one"'),
            "Expected `int`, got `str` - at `$.seed`",
        ),
        (
            to_json(simulation()).replace(b"2.0", b"-2.0"),
            "a speed is more than 0",
        ),
    ],
)
def test_what_is_no_artifact_is_an_input_error(text: bytes, said: str) -> None:
    """Artifacts are hostile input too: the message names file and place."""
    with pytest.raises(InputError, match=r"some\.json") as raised:
        from_json(text, HERE)

    assert said in str(raised.value)
    assert raised.value.code is ExitCode.USAGE


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_artifact(tmp_path / "absent.json")


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentaudit.store.artifacts.LARGEST_BYTES", 10)
    (tmp_path / "large.json").write_bytes(b" " * 11)

    with pytest.raises(InputError, match="is larger than"):
        read_artifact(tmp_path / "large.json")


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole or not at all, and no rubbish beside it."""
    target = tmp_path / "simulation.json"
    target.write_text("before")

    def full(_path: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="cannot be written: No space left"):
        write_artifact(simulation(), target)

    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_what_is_no_file_stays_what_it_is(tmp_path: Path) -> None:
    """A device under that name was replaced by a file, for whoever may do that."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        write_artifact(simulation(), pipe)

    assert from_json(read.result(), HERE) == simulation()
    assert pipe.is_fifo()


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "there.json")

    write_artifact(simulation(), link)

    assert link.is_symlink()
    assert read_artifact(tmp_path / "there.json") == simulation()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda views: views["bars"].clear(), "there are no policies in `bars`"),
        (lambda views: views["bars"][0]["bars"].clear(), "there are no bars of mas"),
        (lambda views: views["busy"].clear(), "`busy` holds every policy"),
        (lambda views: views["busy"][0]["cpu_busy_ns"].clear(), "there are no bins of mas"),
        (lambda views: views["busy"][0]["gpu_busy_ns"].clear(), "as many of the CPU"),
        (lambda views: views["busy"][0].update(bin_ns=0), "at least 1 ns"),
        (lambda views: views["load"]["curves"].clear(), "there are no curves"),
        (lambda views: views["load"]["curves"][0]["points"].clear(), "there are no points of mas"),
    ],
)
def test_views_that_nothing_can_be_drawn_from_are_an_input_error(
    change: Callable[[dict[str, Any]], object], said: str
) -> None:
    whole = drawn_simulation()
    body = json.loads(to_json(whole))
    assert from_json(json.dumps(body).encode(), HERE) == whole

    change(body["views"])
    with pytest.raises(InputError, match=said):
        from_json(json.dumps(body).encode(), HERE)
