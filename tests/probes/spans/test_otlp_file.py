"""Files of spans: as exporters write them, and as nobody should."""

import json
import os
import time
from pathlib import Path

import pytest

from agentaudit.errors import InputError
from agentaudit.model.observed import SpanSeen
from agentaudit.model.trace import Incident
from agentaudit.probes.spans import otlp_file
from agentaudit.probes.spans.otlp import Reading
from agentaudit.probes.spans.otlp_file import SpanFiles, spans_of_otlp_file

METRICS = '{"resourceMetrics": [{"scopeMetrics": []}]}\n'


def document(*names: str, start_ns: int = 1, end_ns: int = 2) -> dict[str, object]:
    spans = [
        {
            "traceId": "ab" * 16,
            "spanId": f"{number:016x}",
            "name": name,
            "startTimeUnixNano": str(start_ns),
            "endTimeUnixNano": str(end_ns),
        }
        for number, name in enumerate(names, start=1)
    ]
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


def line(*names: str, start_ns: int = 1, end_ns: int = 2) -> str:
    return json.dumps(document(*names, start_ns=start_ns, end_ns=end_ns)) + "\n"


def file_of(folder: Path, text: str) -> Path:
    path = folder / "spans.jsonl"
    path.write_text(text)
    return path


def names(path: Path) -> list[str]:
    return [span.name for span in spans_of_otlp_file(path)]


def test_every_line_is_a_document_and_other_signals_are_passed_over(tmp_path: Path) -> None:
    path = file_of(tmp_path, line("a", "b") + METRICS + "\n" + line("c").rstrip())

    assert names(path) == ["a", "b", "c"]


@pytest.mark.parametrize("indent", [None, 1])
def test_a_file_may_be_one_document(tmp_path: Path, indent: int | None) -> None:
    assert names(file_of(tmp_path, json.dumps(document("a", "b"), indent=indent))) == ["a", "b"]


def test_lines_that_are_no_otlp_are_told_when_the_others_were_read(tmp_path: Path) -> None:
    path = file_of(tmp_path, line("a") + "{]}\n" + line("b", start_ns=3) + line("c"))
    found: list[str] = []

    with pytest.raises(InputError) as error:
        found.extend(span.name for span in spans_of_otlp_file(path))

    assert [(item.line, item.message[:20]) for item in error.value.problems] == [
        (2, "it is no JSON of OTL"),
        (3, "spans without an id,"),
    ]


def test_reading_goes_on_behind_a_bad_line(tmp_path: Path) -> None:
    reader = spans_of_otlp_file(file_of(tmp_path, "{}}\n" + line("a") + "[]\n" + line("b")))

    assert [next(reader).name, next(reader).name] == ["a", "b"]
    with pytest.raises(InputError, match=r"spans\.jsonl:3: it is no JSON"):
        next(reader)


def test_a_file_of_nothing_but_noise_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        names(file_of(tmp_path, "noise\n" * 1_000))

    assert len(error.value.problems) == 100


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        names(tmp_path / "missing.jsonl")


def test_a_pipe_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(InputError, match="is no file"):
        names(tmp_path / "pipe")


@pytest.mark.parametrize(
    "limit",
    [
        ("LARGEST_FILE", 10, "is larger than"),
        ("LARGEST_BODY", 100, "spans.jsonl:1: holds a document of more than"),
        ("_MOST_SPANS", 1, "more than 1 spans"),
    ],
)
def test_files_have_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: tuple[str, int, str]
) -> None:
    path = file_of(tmp_path, line("a", "b"))
    name, value, what = limit
    monkeypatch.setattr(otlp_file, name, value)

    with pytest.raises(InputError, match=what):
        names(path)


def test_a_document_over_many_lines_has_a_limit_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_of(tmp_path, json.dumps(document("a" * 200), indent=1))
    monkeypatch.setattr(otlp_file, "LARGEST_BODY", 100)

    with pytest.raises(InputError, match="holds a document"):
        names(path)


def test_a_recording_takes_the_spans_of_its_own_time(tmp_path: Path) -> None:
    files = SpanFiles([tmp_path / "spans.jsonl", tmp_path / "missing.jsonl"], Reading())
    now_ns = time.time_ns()
    text = line("old") + line("now", start_ns=1, end_ns=now_ns) + "[]\n"
    file_of(tmp_path, text + line("later", start_ns=now_ns * 2, end_ns=now_ns * 2))

    assert files.look(1, [1]) == ()
    records = files.close(5)

    spans = [record.name for record in records if isinstance(record, SpanSeen)]
    told = [record.what for record in records if isinstance(record, Incident)]
    assert spans == ["now"]
    assert "spans.jsonl:3: it is no JSON of OTLP" in told[0]
    assert "2 of 3 spans in " in told[1]
    assert "missing.jsonl: cannot be read" in told[2]
    assert told[3].endswith("holds no spans")
    assert files.close(6) == ()
