"""Span rules: what is shipped knows the dialects; what is no rule is an error with its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.model.rule import SpanRule
from agentaudit.model.trace import StepKind
from agentaudit.rules.ours import told_apart
from agentaudit.rules.span_kinds import kinds_by, span_kind, unknown_operations
from agentaudit.rules.spans import load_span_rules
from agentaudit.store.shipped import shipped

RULES = load_span_rules([shipped("rules") / "spans"])
OPERATION = "gen_ai.operation.name"
ROW = "- {attribute: my.stage, value: 'vector-*', step_kind: retrieval, dialect: mine}\n"


def span(name: str = "work", **told: str) -> SpanSeen:
    kinds = tuple(Attribute(key=key.replace("__", "."), value=told[key]) for key in told)
    return SpanSeen(trace="a", span="b", name=name, start_unix_ns=1, end_unix_ns=2, kinds=kinds)


def rule_of(key: str, value: str) -> SpanRule:
    kinds = (Attribute(key=key, value=value),)
    told = SpanSeen(trace="a", span="b", name="", start_unix_ns=1, end_unix_ns=2, kinds=kinds)
    rule = span_kind(told, RULES)
    assert rule is not None
    return rule


def problems(folder: Path, text: str) -> str:
    (folder / "rules.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        load_span_rules([folder])
    return str(error.value).replace(str(folder), "")


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        (OPERATION, "chat", StepKind.LLM_INFERENCE),
        (OPERATION, "generate_content", StepKind.LLM_INFERENCE),
        (OPERATION, "text_completion", StepKind.LLM_INFERENCE),
        (OPERATION, "fetch_response", StepKind.LLM_INFERENCE),
        (OPERATION, "embeddings", StepKind.RETRIEVAL),
        (OPERATION, "retrieval", StepKind.RETRIEVAL),
        (OPERATION, "execute_tool", StepKind.TOOL_CALL),
        (OPERATION, "search_memory", StepKind.MEMORY_READ),
        (OPERATION, "upsert_memory", StepKind.MEMORY_WRITE),
        (OPERATION, "delete_memory_store", StepKind.MEMORY_WRITE),
        ("openinference.span.kind", "LLM", StepKind.LLM_INFERENCE),
        ("openinference.span.kind", "RERANKER", StepKind.RETRIEVAL),
        ("openinference.span.kind", "TOOL", StepKind.TOOL_CALL),
        ("openinference.span.kind", "CHAIN", StepKind.ORCHESTRATION),
        ("traceloop.span.kind", "tool", StepKind.TOOL_CALL),
        ("traceloop.span.kind", "workflow", StepKind.ORCHESTRATION),
        ("llm.request.type", "chat", StepKind.LLM_INFERENCE),
        ("langfuse.observation.type", "generation", StepKind.LLM_INFERENCE),
        ("langfuse.observation.type", "retriever", StepKind.RETRIEVAL),
        ("mcp.method.name", "tools/call", StepKind.TOOL_CALL),
        ("mcp.method.name", "resources/read", StepKind.RETRIEVAL),
        ("mcp.method.name", "resources/list", StepKind.ORCHESTRATION),
    ],
)
def test_every_dialect_is_known(key: str, value: str, kind: StepKind) -> None:
    assert rule_of(key, value).kind is kind


@pytest.mark.parametrize("name", ["anthropic.messages.create", "llm_request"])
def test_some_spans_are_known_by_their_name_alone(name: str) -> None:
    rule = span_kind(span(name), RULES)

    assert rule is not None
    assert rule.kind is StepKind.LLM_INFERENCE


def test_what_holds_others_counts_only_for_itself() -> None:
    holding = {rule.value for rule in RULES if rule.self_time and rule.attribute == OPERATION}

    assert {"invoke_agent", "invoke_workflow", "create_agent", "plan", "*"} <= holding
    assert all(rule.kind is StepKind.ORCHESTRATION for rule in RULES if rule.self_time)
    assert all(
        rule.self_time for rule in RULES if rule.kind is StepKind.ORCHESTRATION and not rule.exact
    )


def test_only_a_span_that_is_a_step_as_it_stands_may_be_idle(tmp_path: Path) -> None:
    row = "- {attribute: my.stage, value: 'rest', step_kind: idle, dialect: mine}\n"

    assert "`step_kind` must be one of" in problems(tmp_path, row)
    (tmp_path / "rules.yaml").write_text(row.replace("dialect", "exact: true, dialect"))
    assert [rule.kind for rule in load_span_rules([tmp_path])] == [StepKind.IDLE]


def test_embeddings_are_told_apart_from_other_retrieval() -> None:
    assert rule_of(OPERATION, "embeddings").sub_kind == "embedding"
    assert not rule_of(OPERATION, "retrieval").sub_kind


def test_the_clearer_of_two_dialects_of_one_span_decides() -> None:
    told = SpanSeen(
        trace="a",
        span="b",
        name="",
        start_unix_ns=1,
        end_unix_ns=2,
        kinds=(
            Attribute(key=OPERATION, value="ponder"),
            Attribute(key="openinference.span.kind", value="LLM"),
        ),
    )

    rule = span_kind(told, RULES)

    assert rule is not None
    assert rule.kind is StepKind.LLM_INFERENCE


@given(st.text(min_size=1))
def test_an_operation_that_nobody_knows_is_orchestration_and_counted(value: str) -> None:
    known = {rule.value for rule in RULES if rule.attribute == OPERATION}
    told = SpanSeen(
        trace="a",
        span="b",
        name="",
        start_unix_ns=1,
        end_unix_ns=2,
        kinds=(Attribute(key=OPERATION, value=value),),
    )

    rule = span_kind(told, RULES)

    assert rule is not None
    assert (rule.value == "*") == (value not in known - {"*"})
    assert bool(unknown_operations([told], RULES)) == (rule.value == "*")


def test_unknown_operations_are_told_with_their_number_the_most_frequent_first() -> None:
    spans = [span(gen_ai__operation__name=name) for name in ("a", "b", "b", "chat")]
    plain = [span(), span("llm_request")]

    counted = unknown_operations([*spans, *plain], RULES)

    assert dict(counted) == {f"{OPERATION}=b": 2, f"{OPERATION}=a": 1}
    assert next(iter(counted)) == f"{OPERATION}=b"


def test_names_made_anew_for_each_call_do_not_fill_the_memory() -> None:
    spans = [span(gen_ai__operation__name=f"op-{number}") for number in range(1_500)]

    assert len(unknown_operations(spans, RULES)) == 1_000


def test_a_span_that_says_nothing_of_its_kind_has_none() -> None:
    assert span_kind(span("GET /health", my__stage="x"), RULES) is None


def test_a_row_becomes_a_rule_and_goes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "spans").mkdir()
    (tmp_path / "spans" / "mine.yaml").write_text(ROW)

    steps, spans = told_apart([tmp_path])
    rules = load_span_rules([*spans, shipped("rules") / "spans"])

    assert not steps
    assert rules[1:] == RULES
    assert rules[0] == SpanRule(
        attribute="my.stage", value="vector-*", kind=StepKind.RETRIEVAL, dialect="mine"
    )
    assert span_kind(span(my__stage="vector-search"), rules) is rules[0]


def test_a_folder_may_hold_both_kinds_of_rules_or_neither(tmp_path: Path) -> None:
    both, empty = tmp_path / "both", tmp_path / "empty"
    (both / "spans").mkdir(parents=True)
    (both / "steps.yaml").write_text("[]")
    empty.mkdir()

    assert told_apart([both, empty]) == ([both, empty], [both / "spans"])


def test_all_problems_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    text = (
        "- {attribute: a, value: x, step_kind: tool, dialect: mine}\n"
        "- {attribute: '', value: [x], step_kind: idle, self_time: maybe, dialct: mine}\n"
        "- word\n"
    )

    told = problems(tmp_path, text)

    assert "rules.yaml:1:39: `step_kind` must be one of llm_inference, tool_call" in told
    assert "rules.yaml:2:15: `attribute` must be a text" in told
    assert "rules.yaml:2:26: `value` must be a text" in told
    assert "`self_time` must be one of true, false, not 'maybe'" in told
    assert "`dialct` is not a field of a rule" in told
    assert "rules.yaml:2:3: `dialect` is missing" in told
    assert "rules.yaml:3:3: a rule must be a mapping" in told


def test_a_row_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    assert "rules.yaml:2: my.stage 'vector-*' stands already in" in problems(tmp_path, ROW + ROW)


def test_a_folder_without_span_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no span rules"):
        load_span_rules([tmp_path])


@given(
    told=st.lists(
        st.tuples(
            st.lists(
                st.tuples(
                    st.sampled_from([OPERATION, "mcp.method.name", "my.stage"]),
                    st.sampled_from(["chat", "tools/call", "resources/list", "new"]),
                ),
                max_size=2,
            ),
            st.sampled_from(["llm_request", "work"]),
        )
    )
)
def test_a_kind_that_is_remembered_is_the_kind(
    told: list[tuple[list[tuple[str, str]], str]],
) -> None:
    spans = [
        SpanSeen(
            trace="a",
            span="b",
            name=name,
            start_unix_ns=1,
            end_unix_ns=2,
            kinds=tuple(Attribute(key=key, value=value) for key, value in kinds),
        )
        for kinds, name in told
    ]
    kind_of = kinds_by(RULES)

    assert [kind_of(span) for span in spans] == [span_kind(span, RULES) for span in spans]
