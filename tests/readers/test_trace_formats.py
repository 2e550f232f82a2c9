"""Traces of other programs: what each format says becomes spans, and nothing else does."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces import notes as notes_module
from agentaudit.readers.traces import rows as rows_module
from agentaudit.readers.traces.formats import FORMATS, format_of
from agentaudit.readers.traces.notes import (
    BadFieldError,
    Notes,
    Speed,
    UnknownLengthError,
    count,
    unix_ns,
)
from agentaudit.readers.traces.rows import Row, rows_of

S = 1_000_000_000
MS = 1_000_000
AT = 1_780_000_000 * S
"""2026-05-28T20:26:40Z"""


def lines(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def imported(path: Path, *, speed: Speed | None = None) -> tuple[str, list[SpanSeen], Notes]:
    """The format that a file is in, its spans in order of their start, and what was noted."""
    form = format_of(rows_of(path))
    assert form is not None
    notes = Notes(speed=speed)
    spans = sorted(form.spans(rows_of(path), notes), key=lambda span: span.start_unix_ns)
    return form.name, spans, notes


def told(spans: Iterable[SpanSeen]) -> list[tuple[str, float, float]]:
    return [
        (span.name, (span.start_unix_ns - AT) / S, (span.end_unix_ns - AT) / S) for span in spans
    ]


SPEED = Speed(prompt=1000, generated=10)


# ---- rows ---------------------------------------------------------------------------------------


def test_json_lines_are_rows_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('\n{"a": 1}\n\n{"a": 2}\n')

    assert [(row.line, row.fields["a"]) for row in rows_of(path)] == [(2, 1), (4, 2)]


def test_an_array_has_rows_with_the_lines_they_begin_on(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('[\n  {"a": 1,\n   "b": [1]},\n  {"a": 2}\n]\n')

    assert [(row.line, row.fields["a"]) for row in rows_of(path)] == [(2, 1), (4, 2)]


def test_one_object_on_many_lines_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{\n "a": 1\n}\n')

    assert [(row.line, row.fields) for row in rows_of(path)] == [(1, {"a": 1})]


def test_csv_is_read_with_its_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('\ufeffa,b\n1,"two\nlines"\n3,4\n', encoding="utf-8")

    assert [(row.line, row.fields["a"]) for row in rows_of(path)] == [(3, "1"), (4, "3")]


def test_gzip_is_unpacked_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b'{"a": 1}\n'))

    assert [row.fields for row in rows_of(path)] == [{"a": 1}]


def test_parquet_is_read_by_rows(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": [1, 2]}), path)

    assert [(row.line, row.fields["a"]) for row in rows_of(path)] == [(1, 1), (2, 2)]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("\n")

    assert list(rows_of(path)) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"a": \n', "x:2: is no JSON"),
        (b'{"a": 1}\n[1]\n', "x:2: must be a JSON object"),
        (b"[\n{},\n3]", "x:3: must be a JSON object"),
        (b"[\n{},\n{]", "x:3: is no JSON"),
        (b"[" * 100_000, "x:1: is no JSON"),
        (b"a,b\n1\n", "x:2: has not as many values"),
        (b"a,b\n1,2,3\n", "x:2: has not as many values"),
        (b'{"a": "\xff"}\n', "x: cannot be read"),
        (gzip.compress(b"{}\n", mtime=0)[:-6], "x: cannot be read"),
        (b"PAR1 no", "x:0: is no Parquet"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)

    with pytest.raises(InputError) as error:
        list(rows_of(path))

    assert said.removeprefix("x").replace(":0:", ":") in str(error.value).replace(":0:", ":")


def test_sizes_are_limited_after_decompression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "LARGEST_BYTES", 1000)
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\n' * 10_000))

    with pytest.raises(InputError, match="holds more than"):
        list(rows_of(path))


def test_lines_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "LONGEST_LINE", 64)
    path = tmp_path / "x"
    path.write_text('{"a": 1}\n{"a": "' + "x" * 100 + '"}\n')

    with pytest.raises(InputError, match="x:2: holds a line of more"):
        list(rows_of(path))


def test_documents_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "LARGEST_DOCUMENT", 64)
    path = tmp_path / "x"
    path.write_text("[\n" + "{},\n" * 100 + "{}]")

    with pytest.raises(InputError, match="is one JSON value of more"):
        list(rows_of(path))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        list(rows_of(tmp_path / "x"))


# ---- fields -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "at_ns"),
    [
        ("2026-05-28T20:26:40Z", AT),
        ("2026-05-28T20:26:40.123456789Z", AT + 123_456_789),
        ("2026-05-28 20:26:40.5", AT + S // 2),
        ("2026-05-28T22:26:40+02:00", AT),
        (1_780_000_000, AT),
        (1_780_000_000.5, AT + S // 2),
        (1_780_000_000_000, AT),
        (1_780_000_000_000_000, AT),
        (1_780_000_000_000_000_000, AT),
    ],
)
def test_times_are_known_in_their_usual_forms(value: object, at_ns: int) -> None:
    assert unix_ns(value, "at") == at_ns


@pytest.mark.parametrize("value", ["soon", "1969-01-01T00:00:00Z", -1, "nan", "inf", None, 1e300])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(BadFieldError, match="at"):
        unix_ns(value, "at")


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_a_count_is_whole_or_refused(value: object) -> None:
    try:
        assert 0 <= count(value, "n") <= 2**62
    except BadFieldError as error:
        assert str(error).startswith("`n` ")  # noqa: PT017, either is right


# ---- LangSmith ----------------------------------------------------------------------------------


def run(**fields: object) -> dict[str, object]:
    start = {"start_time": "2026-05-28T20:26:40", "end_time": "2026-05-28T20:26:42"}
    return {"id": "1", "trace_id": "1", "name": "x", "run_type": "chain", **start, **fields}


def test_langsmith_runs_are_spans(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "runs.jsonl",
        [
            run(name="LangGraph"),
            run(id="2", parent_run_id="1", name="node"),
            run(id="3", parent_run_id="2", name="gpt", run_type="llm", prompt_tokens=12,
                completion_tokens=3, extra={"metadata": {"ls_model_name": "m"}},
                inputs={"messages": ["SECRET"]}),
            run(id="4", parent_run_id="1", name="dig", run_type="tool", status="error"),
            run(id="5", parent_run_id="1", name="fetch_url"),
        ],
    )  # fmt: skip

    form, spans, notes = imported(path)

    by_name = {span.name: span for span in spans}
    assert form == "langsmith"
    assert by_name["LangGraph"].parent == ""
    assert [a.value for a in by_name["node"].kinds] == ["CHAIN"]
    assert (by_name["gpt"].tokens_in, by_name["gpt"].tokens_out) == (12, 3)
    assert by_name["gpt"].model == "m"
    assert by_name["dig"].failed
    assert by_name["fetch_url"].tool == "fetch_url"
    assert "chains without runs of their own count as tool calls" in notes.lacks
    assert "SECRET" not in repr(spans)


def test_langsmith_csv_has_titles_for_names_and_runs_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(
        "trace_id,run_id,parent_run_id,name,Run Type,status,Start Time,End Time\n"
        "t,1,,LangGraph,chain,pending,2026-05-28T20:26:40,\n"
        "t,2,1,web,tool,success,2026-05-28T20:26:40.5,2026-05-28T20:26:43\n"
    )

    form, spans, notes = imported(path)

    assert form == "langsmith"
    assert told(spans) == [("LangGraph", 0, 3), ("web", 0.5, 3)]
    assert notes.counts["unended"] == 1


def test_rows_that_make_no_sense_are_told_with_their_lines(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "runs.jsonl",
        [
            run(),
            run(id="2", start_time=None),
            run(id="3", end_time="2026-05-28T20:26:39"),
            run(id="4", prompt_tokens="many"),
            run(id={"a": 1}),
        ],
    )

    _, spans, notes = imported(path)

    assert len(spans) == 1
    assert [(problem.line, problem.message) for problem in notes.problems] == [
        (2, "`start_time` is missing"),
        (3, "ends 1.000 s before it starts"),
        (4, "`prompt_tokens` must be a number, not 'many'"),
        (5, "`id` must be a text"),
    ]


def test_problems_are_counted_beyond_those_shown(tmp_path: Path) -> None:
    path = lines(tmp_path / "runs.jsonl", [run(start_time="x") for _ in range(100)])

    _, _, notes = imported(path)

    assert (notes.bad_rows, len(notes.problems)) == (100, notes_module.MOST_PROBLEMS)


# ---- Langfuse -----------------------------------------------------------------------------------


def test_langfuse_observations_are_spans(tmp_path: Path) -> None:
    common = {"traceId": "t", "startTime": "2026-05-28T20:26:40Z"}
    path = lines(
        tmp_path / "observations.jsonl",
        [
            {"id": "t", "name": "a trace", "timestamp": "2026-05-28T20:26:40Z"},
            {"id": "1", "type": "AGENT", "name": "run", "endTime": "2026-05-28T20:26:44Z",
             **common},
            {"id": "2", "type": "GENERATION", "parentObservationId": "1", "model": "m",
             "endTime": "2026-05-28T20:26:41Z", "usageDetails": {"input": 7, "output": 2},
             "input": "SECRET", **common},
            {"id": "3", "type": "TOOL", "name": "dig", "level": "ERROR",
             "parentObservationId": "1", "endTime": "2026-05-28T20:26:42Z", **common},
            {"id": "4", "type": "EVENT", "name": "seen", "parentObservationId": "1", **common},
        ],
    )  # fmt: skip

    form, spans, notes = imported(path)

    by_id = {span.span: span for span in spans}
    assert form == "langfuse"
    assert (by_id["2"].tokens_in, by_id["2"].tokens_out, by_id["2"].model) == (7, 2, "m")
    assert by_id["2"].kinds[0].value == "generation"
    assert by_id["3"].failed
    assert by_id["4"].end_unix_ns == by_id["4"].start_unix_ns
    assert notes.bad_rows == 0
    assert "SECRET" not in repr(spans)


def test_langfuse_traces_hold_their_observations(tmp_path: Path) -> None:
    path = tmp_path / "traces.json"
    observation = {
        "id": "1", "type": "SPAN", "start_time": "2026-05-28 20:26:40.000000",
        "end_time": "2026-05-28 20:26:41.000000", "usage": "x",
    }  # fmt: skip
    path.write_text(json.dumps([{"id": "t", "observations": [observation, 3]}]))

    form, spans, _ = imported(path)

    assert form == "langfuse"
    assert [(span.trace, span.name) for span in spans] == [("t", "span")]


def test_langfuse_usage_that_is_none_is_refused(tmp_path: Path) -> None:
    row = {
        "id": "1", "traceId": "t", "type": "GENERATION", "startTime": AT, "endTime": AT,
        "usage": {"input": "many"},
    }  # fmt: skip

    _, _, notes = imported(lines(tmp_path / "x", [row]))

    assert notes.problems[0].message == "`input` must be a number"


# ---- TraceLab -----------------------------------------------------------------------------------


def test_tracelab_rounds_are_calls_of_turns(tmp_path: Path) -> None:
    def event(kind: str, second: float) -> dict[str, object]:
        return {"event_type": kind, "timestamp": AT / S + second}

    tool = {"tool_name": "Bash", "emitted_at": AT / S + 3, "result_at": AT / S + 5}
    path = lines(
        tmp_path / "trace.jsonl",
        [
            {"provider": "claude", "session_id": "s", "round_index": 0, "model": "m",
             "input_tokens_total": 100, "prefix_tokens": 60, "output_tokens": 9,
             "timing_events": [event("user_message", 0), event("text", 3)], "tools": [tool]},
            {"session_id": "s", "round_index": 1, "tools": [],
             "timing_events": [event("tool_result", 5), event("text", 8)]},
            {"session_id": "s", "round_index": 2, "tools": [
                {"tool_name": "x", "emitted_at": AT / S + 21, "tool_wall_latency_ms": 500},
                {"tool_name": "never emitted"}],
             "timing_events": [event("user_message", 20), event("text", 21)]},
            {"session_id": "s", "round_index": 3, "timing_events": []},
        ],
    )  # fmt: skip

    form, spans, notes = imported(path)

    assert form == "tracelab"
    assert told(span for span in spans if not span.parent) == [
        ("invoke_agent turn", 0, 8), ("invoke_agent turn", 20, 21.5),
    ]  # fmt: skip
    assert told(span for span in spans if span.parent) == [
        ("chat m", 0, 3), ("execute_tool Bash", 3, 5), ("chat", 5, 8), ("chat", 20, 21),
        ("execute_tool x", 21, 21.5),
    ]  # fmt: skip
    assert (spans[0].trace, notes.problems[0].message) == ("s", "`timing_events` hold no times")


def test_tracelab_replays_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "replay.csv"
    path.write_text(
        "session_id,arrival_time,round_idx,prefix_len,input_len,output_len,tool_wait_after_ms\n"
        "0,100,0,0,1000,10,300\n0,100,1,1010,500,5,0\n1,200,0,0,x,1,0\n"
    )

    form, spans, notes = imported(path, speed=SPEED)

    assert form == "tracelab-replay"
    children = [(s.name, s.start_unix_ns // MS, s.end_unix_ns // MS) for s in spans if s.parent]
    assert children == [
        ("chat", 1100, 3100), ("execute_tool tools", 3100, 3400), ("chat", 3400, 4400),
    ]  # fmt: skip
    assert spans[-1].tokens_in == 1510
    assert notes.problems[0].line == 4


def test_a_call_of_no_length_is_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9,4808,10\n")

    with pytest.raises(UnknownLengthError):
        imported(path)


# ---- arrivals -----------------------------------------------------------------------------------


_AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-05-28 20:26:40.5000000,1000,10\n"
_BURST = "Timestamp,Model,Request tokens,Response tokens\n5,ChatGPT,1000,10\n"
_TIMED_BURST = "Timestamp,Elapsed time,Request tokens,Response tokens\n5,0.75,1000,10\n"
_MOONCAKE = '{"timestamp": 3000, "input_length": 1000, "output_length": 10, "hash_ids": [1]}\n'


@pytest.mark.parametrize(
    ("form", "content", "times_s"),
    [
        ("azure", _AZURE, (AT / S + 0.5, 2)),
        ("burstgpt", _BURST, (6, 2)),
        ("burstgpt", _TIMED_BURST, (6, 0.75)),
        ("mooncake", _MOONCAKE, (4, 2)),
    ],
)
def test_arrivals_are_calls_of_an_assumed_length(
    tmp_path: Path, form: str, content: str, times_s: tuple[float, float]
) -> None:
    second, length_s = times_s
    path = tmp_path / "x"
    path.write_text(content)

    found, spans, notes = imported(path, speed=SPEED)

    call = next(span for span in spans if span.parent)
    assert found == form
    assert call.start_unix_ns == pytest.approx(second * S, abs=1000)
    assert call.end_unix_ns - call.start_unix_ns == length_s * S
    assert (call.tokens_in, call.tokens_out) == (1000, 10)
    assert "this format holds no tool calls" in notes.lacks


def test_arrivals_without_tokens_are_told(tmp_path: Path) -> None:
    path = lines(tmp_path / "x", [{"timestamp": 1, "input_length": 3}])

    _, _, notes = imported(path, speed=SPEED)

    assert notes.problems[0].message == "`output_length` is missing"


# ---- agentic Mooncake ---------------------------------------------------------------------------


def test_agentic_calls_wait_for_others_and_for_tools(tmp_path: Path) -> None:
    call = {"session_id": "s", "input_length": 1000, "output_length": 10}
    events = [{"tool_class": "bash"}, {"tool_class": "bash"}, {"tool_class": "web"}]
    path = lines(
        tmp_path / "x.jsonl",
        [
            {"request_id": "a", "timestamp": 1000, "hash_ids": [], **call},
            {"request_id": "b", "wait_for": ["a"], "delay": 100, "tool_wait_ms": 400,
             "tool_events": events, **call},
            {"request_id": "c", "wait_for": ["z"], **call},
            {"request_id": "d", "wait_for": "a", **call},
            {"request_id": "e", "dependencies": [{"request_id": "a"}], **call},
        ],
    )  # fmt: skip

    form, spans, notes = imported(path, speed=SPEED)

    children = [(s.name, s.start_unix_ns // MS, s.end_unix_ns // MS) for s in spans if s.parent]
    assert form == "agentic-mooncake"
    assert children == [
        ("chat", 2000, 4000), ("execute_tool bash, web", 4100, 4500), ("chat", 4500, 6500),
    ]  # fmt: skip
    assert [problem.message[:20] for problem in notes.problems] == [
        "waits for 'z', which", "`wait_for` must be a", "has `dependencies`, ",
    ]  # fmt: skip


# ---- sessions of coding agents ------------------------------------------------------------------


def claude(kind: str, second: float, content: object, **message: object) -> dict[str, object]:
    return {
        "type": kind, "sessionId": "s", "timestamp": AT / S + second,
        "message": {"role": kind, "content": content, **message},
    }  # fmt: skip


def test_agentic_calls_that_wait_in_a_loop_are_named(tmp_path: Path) -> None:
    call = {"session_id": "s", "input_length": 100, "output_length": 10}
    path = lines(
        tmp_path / "loop.jsonl",
        [
            {**call, "request_id": "a", "wait_for": ["b"]},
            {**call, "request_id": "b", "wait_for": ["c"]},
            {**call, "request_id": "c", "wait_for": ["a"]},
            {**call, "request_id": "d", "wait_for": ["d"]},
            {**call, "request_id": "e", "wait_for": ["a"]},
        ],
    )

    _, _, notes = imported(path, speed=SPEED)

    assert [(problem.line, problem.message) for problem in notes.problems] == [
        (1, "waits for 'b', which does not stand before it"),
        (2, "waits for 'c', which does not stand before it"),
        (3, "waits for 'a', and that waits for it in turn: a loop"),
        (4, "waits for itself"),
        (5, "waits for 'a', which does not stand before it"),
    ]


def test_claude_code_turns_hold_calls_and_tools(tmp_path: Path) -> None:
    usage = {"input_tokens": 2, "cache_read_input_tokens": 30, "output_tokens": 9}
    use = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "SECRET"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "SECRET"}
    path = lines(
        tmp_path / "session.jsonl",
        [
            {"type": "mode", "sessionId": "s"},
            claude("user", 0, "SECRET"),
            claude("assistant", 2, [{"type": "text"}], id="m1", model="opus", usage=usage),
            claude("assistant", 3, [use], id="m1", model="opus", usage=usage),
            claude("user", 5, [result]),
            claude("assistant", 7, [{"type": "text"}], id="m2", model="opus"),
            claude("user", 100, [{"type": "text"}]),
            claude("assistant", 101, [{**use, "id": "t2"}], id="m3", model="opus"),
            {**claude("assistant", 50, "x", id="m4"), "isSidechain": True},
            {"type": "user", "sessionId": "s", "message": {}, "timestamp": "x"},
        ],
    )

    form, spans, notes = imported(path)

    assert form == "claude-code"
    assert told(span for span in spans if span.parent and span.trace == "s") == [
        ("chat opus", 0, 3), ("execute_tool Bash", 3, 5), ("chat opus", 5, 7),
        ("chat opus", 100, 101),
    ]  # fmt: skip
    assert [span.trace for span in spans if not span.parent] == ["s", "s/side", "s"]
    assert (spans[1].tokens_in, spans[1].tokens_cached) in {(32, 30), (None, None)}
    assert next(span for span in spans if span.tool).failed
    assert notes.counts["unended"] == 1
    assert notes.problems[0].line == 10
    assert "SECRET" not in repr(spans)


def test_codex_turns_hold_calls_and_tools(tmp_path: Path) -> None:
    def item(second: float, kind: str, **payload: object) -> dict[str, object]:
        outer, _, inner = kind.partition("/")
        return {
            "timestamp": AT / S + second, "type": outer, "payload": {"type": inner, **payload},
        }  # fmt: skip

    usage = {"input_tokens": 20, "cached_input_tokens": 5, "output_tokens": 3}
    path = lines(
        tmp_path / "rollout.jsonl",
        [
            item(0, "session_meta", id="c"),
            item(0, "turn_context", model="gpt"),
            item(0, "event_msg/user_message", message="SECRET"),
            item(0, "response_item/message", role="user"),
            item(1, "response_item/reasoning"),
            item(2, "response_item/function_call", name="exec", call_id="1", arguments="SECRET"),
            item(2.5, "event_msg/token_count", info={"last_token_usage": usage}),
            item(4, "response_item/function_call_output", call_id="1", output="SECRET"),
            item(6, "response_item/message", role="assistant"),
            item(6, "event_msg/token_count", info=None),
            {"timestamp": "x", "type": "event_msg", "payload": 3},
        ],
    )

    form, spans, _ = imported(path)

    assert form == "codex"
    assert told(span for span in spans if span.parent) == [
        ("chat gpt", 0, 2), ("execute_tool exec", 2, 4), ("chat gpt", 4, 6),
    ]  # fmt: skip
    assert told(span for span in spans if not span.parent) == [("invoke_agent turn", 0, 6)]
    assert {span.trace for span in spans} == {"c"}
    assert {(span.tokens_in, span.tokens_cached) for span in spans if span.model} == {
        (20, 5), (None, None),
    }  # fmt: skip
    assert "SECRET" not in repr(spans)


def test_copilot_sessions_are_turns(tmp_path: Path) -> None:
    call = {"timestamp": AT / S, "duration_ms": 1500.5, "model": "Model A",
            "tokens": {"prompt": 10, "completion": 2, "cached": 8}}  # fmt: skip
    batch = {
        "timestamp": AT / S + 2,
        "duration_ms": 900,
        "function_calls": [
            {"name": "view", "status": 1, "duration_ms": 300},
            {"name": "bash", "status": 2},
            4,
        ],
    }
    path = lines(
        tmp_path / "shard.jsonl",
        [
            {"session_id": "s", "turns": [{"llm_calls": [call], "tool_batches": [batch]}, {}]},
            {"session_id": "t", "turns": [{"llm_calls": [{"timestamp": None}]}]},
        ],
    )

    form, spans, notes = imported(path)

    assert form == "copilot"
    assert told(span for span in spans if span.parent) == [
        ("chat Model A", 0, 1.5005), ("execute_tool view", 2, 2.3), ("execute_tool bash", 2, 2.9),
    ]  # fmt: skip
    assert [span.failed for span in spans if span.tool] == [False, True]
    assert notes.bad_rows == 1


# ---- all of them --------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_NAMES = (
    "id", "trace_id", "session_id", "run_type", "start_time", "end_time", "type", "traceId",
    "startTime", "usage", "observations", "timing_events", "tools", "round_idx", "input_len",
    "output_len", "turns", "sessionId", "timestamp", "message", "payload", "request_id",
    "input_length", "output_length", "wait_for", "tool_events", "TIMESTAMP", "ContextTokens",
    "Timestamp", "Request tokens", "Elapsed time", "extra",
)  # fmt: skip


@pytest.mark.parametrize("form", sorted(FORMATS))
@settings(max_examples=25)
@given(fields=st.lists(st.dictionaries(st.sampled_from(_NAMES), _JSON), max_size=4))
def test_no_format_breaks_on_what_it_is_not(form: str, fields: list[dict[str, object]]) -> None:
    """Whatever a row holds, it is a span that can be, or a problem with its line."""
    rows = (Row("x", line, values) for line, values in enumerate(fields, start=1))

    for span in FORMATS[form].spans(rows, Notes(speed=SPEED)):
        assert 0 <= span.start_unix_ns <= span.end_unix_ns
