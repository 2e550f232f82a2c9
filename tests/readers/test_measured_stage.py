"""Latencies of a stage from a CSV file."""

import csv
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.model.execution import MeasuredStage, StageLatency, StagePower
from agentaudit.readers.measured_stage import parse_measured_stage, read_measured_stage


def latency(calls: int, seconds: float) -> StageLatency:
    return StageLatency(concurrency=calls, seconds=seconds)


def test_rows_in_any_order_and_repeated() -> None:
    text = "stage,seconds,concurrency\nllm,3.0,8\nllm,1.0,1\nllm,5.0,8\n"

    assert parse_measured_stage(text, file="s.csv") == MeasuredStage(
        latencies=(latency(1, 1.0), latency(8, 4.0))
    )


def watts(calls: int, drawn: float) -> StagePower:
    return StagePower(concurrency=calls, watts=drawn)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.csv:1:1: needs the columns concurrency, seconds, and has no concurrency and no"),
        ("concurrency\n1", "s.csv:1:1: needs the columns concurrency, seconds, and has no seconds"),
        ("concurrency,seconds\n", "s.csv: holds no latency"),
        ("concurrency,seconds\n2,1", "s.csv: needs a row of concurrency 1"),
        ("concurrency,seconds\n1,1\n0,1", "s.csv:3:1: concurrency is a whole number from 1"),
        ("concurrency,seconds\n1,1\nx", "s.csv:3:1: concurrency is a whole number from 1"),
        ("concurrency,seconds\n1,nan", "s.csv:2:3: seconds is above 0, not 'nan'"),
        ("concurrency,seconds\n1,-1", "s.csv:2:3: seconds is above 0, not '-1'"),
        (
            "concurrency,seconds\n1,1e308\n4,1e-308",
            "s.csv: 4 calls at once in 1e-308 s would be served inf times as fast as one in",
        ),
        ("concurrency,seconds\n1,soon", "s.csv:2:3: seconds is above 0, not 'soon'"),
        (
            "concurrency,seconds\n1," + "1" * 9_000,
            f"s.csv:2:3: seconds is above 0, not '{'1' * 40}'",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_measured_stage(text, file="s.csv")

    assert said in str(raised.value)


def test_watts_stand_beside_latencies_from_idle_on() -> None:
    """In some rows or in all; repeated ones are averaged, and the idle need no time."""
    text = "concurrency,watts,seconds\n0,115,\n1,180,1.2\n8,,3\n8,350,3\n8,370,3\n16,,4\n"
    stage = parse_measured_stage(text, file="s.csv")

    assert [item.concurrency for item in stage.latencies] == [1, 8, 16]
    assert stage.power == (watts(0, 115), watts(1, 180), watts(8, 360))


def test_joules_are_of_all_calls_of_a_row_together() -> None:
    text = "\ufeffconcurrency,seconds,joules\n0,10,1150\n1,2,366\n8,4,1452\n"
    stage = parse_measured_stage(text, file="s.csv")

    assert stage.power == (watts(0, 115), watts(1, 183), watts(8, 363))


HEAD = "concurrency,seconds,watts\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "1,1,9\n", "s.csv: watts needs a row of concurrency 0, idle"),
        (HEAD + "0,,9\n1,1,\n", "s.csv: watts needs a row of any calls"),
        (HEAD + "1,1,\n", "s.csv: watts needs a row of concurrency 0, idle"),
        (HEAD + "0,,\n1,1,9\n", "s.csv:2:4: a row of concurrency 0 says the watts of the stage"),
        (HEAD + "0,,9\n1,1,-9\n", "s.csv:3:5: watts is at least 0, not '-9'"),
        (HEAD + "0,,9\n1,1,inf\n", "s.csv:3:5: watts is at least 0, not 'inf'"),
        (HEAD + "0,,90\n1,1,91\n8,2,80\n", "s.csv:4:5: 80 W at 8 are less than idle, 90 W"),
        ("concurrency,seconds,joules\n0,,9\n1,1,9\n", "s.csv:2:3: seconds is above 0, not ''"),
        ("concurrency,seconds,watt\n1,1,9\n", "s.csv:1:21: the column 'watt' has no known unit"),
        ("concurrency,seconds,Power\n1,1,9\n", "s.csv:1:21: the column 'Power' has no known"),
        ("concurrency,joules,seconds,watts\n", "s.csv:1:28: power is said twice"),
        ("seconds,concurrency,seconds\n", "s.csv:1:21: the column seconds stands twice"),
        ('"a,b",concurrency,seconds\n"x,""y",0,1\n', "s.csv:2:9: concurrency is a whole number"),
        ('a,concurrency,seconds\n"x\ny",0,1\n', "s.csv:3: concurrency is a whole number"),
    ],
)
def test_what_is_wrong_of_power_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_measured_stage(text, file="s.csv")

    assert said in str(raised.value)


@given(st.text(alphabet='concurey,sdwatjl01259.-"\n', max_size=80))
def test_any_text_is_a_stage_or_told_what_is_wrong(text: str) -> None:
    with suppress(InputError):
        stage = parse_measured_stage(f"concurrency,seconds,watts\n0,,1\n1,1,2\n{text}", file="s")

        assert stage.latencies[0].concurrency == 1
        assert all(item.watts >= stage.power[0].watts for item in stage.power)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError) as raised:
        parse_measured_stage("concurrency,seconds\nx,1\n1,x\n", file="s.csv")

    assert [problem.line for problem in raised.value.problems] == [2, 3]


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * (1024 * 1024 + 1))
    for file, said in ((tmp_path / "none.csv", "cannot be read"), (large, "larger than 1 MiB")):
        with pytest.raises(InputError, match=said):
            read_measured_stage(file)


def test_a_field_that_no_reader_takes_is_said_with_its_line() -> None:
    before = csv.field_size_limit(100)
    try:
        with pytest.raises(InputError, match=r"s\.csv:2: field larger than"):
            parse_measured_stage("concurrency,seconds\n1," + "1" * 200, file="s.csv")
    finally:
        csv.field_size_limit(before)
