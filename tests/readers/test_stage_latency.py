"""Latencies of a stage from a CSV file."""

import csv
from pathlib import Path

import pytest

from agentaudit.errors import InputError
from agentaudit.model.execution import StageLatency
from agentaudit.readers.stage_latency import parse_stage_latencies, read_stage_latencies


def latency(calls: int, seconds: float) -> StageLatency:
    return StageLatency(concurrency=calls, seconds=seconds)


def test_rows_in_any_order_and_repeated() -> None:
    text = "stage,seconds,concurrency\nllm,3.0,8\nllm,1.0,1\nllm,5.0,8\n"

    assert parse_stage_latencies(text, file="s.csv") == (latency(1, 1.0), latency(8, 4.0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.csv:1:1: needs the columns concurrency, seconds, and has no concurrency and no"),
        ("concurrency\n1", "s.csv:1:1: needs the columns concurrency, seconds, and has no seconds"),
        ("concurrency,seconds\n", "s.csv: holds no latency"),
        ("concurrency,seconds\n2,1", "s.csv: needs a row of concurrency 1"),
        ("concurrency,seconds\n1,1\n0,1", "s.csv:3: concurrency is a whole number from 1"),
        ("concurrency,seconds\n1,1\nx", "s.csv:3: concurrency is a whole number from 1"),
        ("concurrency,seconds\n1,nan", "s.csv:2: seconds is above 0, not 'nan'"),
        ("concurrency,seconds\n1,-1", "s.csv:2: seconds is above 0, not '-1'"),
        ("concurrency,seconds\n1,soon", "s.csv:2: seconds is above 0, not 'soon'"),
        ("concurrency,seconds\n1," + "1" * 9_000, f"s.csv:2: seconds is above 0, not '{'1' * 40}'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_stage_latencies(text, file="s.csv")

    assert said in str(raised.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError) as raised:
        parse_stage_latencies("concurrency,seconds\nx,1\n1,x\n", file="s.csv")

    assert [problem.line for problem in raised.value.problems] == [2, 3]


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * (1024 * 1024 + 1))
    for file, said in ((tmp_path / "none.csv", "cannot be read"), (large, "larger than 1 MiB")):
        with pytest.raises(InputError, match=said):
            read_stage_latencies(file)


def test_a_field_that_no_reader_takes_is_said_with_its_line() -> None:
    before = csv.field_size_limit(100)
    try:
        with pytest.raises(InputError, match=r"s\.csv:2: field larger than"):
            parse_stage_latencies("concurrency,seconds\n1," + "1" * 200, file="s.csv")
    finally:
        csv.field_size_limit(before)
