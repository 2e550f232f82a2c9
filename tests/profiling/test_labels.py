"""What a stack says: every shipped row, and the order in which rows are tried."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from agentaudit.model.recording import Frame
from agentaudit.model.rule import LabelRules, StepRule
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.frames import own_code
from agentaudit.profiling.labels import Label, Labeller
from agentaudit.rules.steps import load_step_rules
from agentaudit.store.shipped import shipped

SITE = "/venv/lib/python3.12/site-packages/"
STDLIB = "/usr/lib/python3.12/"
RULES = load_step_rules([shipped("rules") / "steps"])


def stack(*frames: str) -> tuple[Frame, ...]:
    """Leaf first, each as `file:function`."""
    pairs = [frame.rpartition(":") for frame in frames]
    return tuple(Frame(file=file, function=function) for file, _, function in pairs)


def label(*frames: str, model_client: bool = False, others: Sequence[str] = ()) -> Label:
    stacks = [stack(*frames), stack(*others)]
    return Labeller(LabelRules(frames=RULES), stacks, {7} if model_client else ()).label(7, 0)


ROOT = ("/app/main.py:main", "/app/main.py:<module>")
CLIENT = f"{SITE}openai/resources/chat/completions/completions.py:Completions.create"
SEND = f"{SITE}httpx/_client.py:Client.send"
POST = f"{SITE}requests/api.py:post"
DIST = "/usr/lib/python3/dist-packages/"
RECV = f"{STDLIB}ssl.py:SSLSocket.read"


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ((RECV, SEND, CLIENT, *ROOT), StepKind.LLM_INFERENCE),
        ((f"{STDLIB}subprocess.py:Popen.communicate", "/app/agent.py:act", *ROOT), "tool_call"),
        (("/app/tools.py:search", "/app/agent.py:act", *ROOT), StepKind.TOOL_CALL),
        (("/app/my_tools/files.py:read", *ROOT), StepKind.UNKNOWN),
        (("/app/tools/files.py:read", *ROOT), StepKind.TOOL_CALL),
        (("/app/memory.py:Memory._connect", "/app/memory.py:Memory.recall", *ROOT), "memory_read"),
        (("/app/store.py:put", "/app/memory.py:SessionMemory.remember", *ROOT), "memory_write"),
        (("/app/retriever.py:Index.search", *ROOT), StepKind.RETRIEVAL),
        (("/app/llm.py:ask", *ROOT), StepKind.LLM_INFERENCE),
        (("/app/agent.py:Agent.run", *ROOT), StepKind.ORCHESTRATION),
        ((f"{STDLIB}json/decoder.py:decode", *ROOT), StepKind.UNKNOWN),
        (("/app/llm_app.py:main", "/app/llm_app.py:<module>"), StepKind.UNKNOWN),
        ((f"{SITE}redis/client.py:Redis.execute_command", *ROOT), StepKind.MEMORY_READ),
        (
            (
                f"{SITE}redis/client.py:Redis.execute_command",
                f"{SITE}redis/commands/core.py:BasicKeyCommands.set",
                *ROOT,
            ),
            StepKind.MEMORY_WRITE,
        ),
        ((POST, f"{SITE}posthog/consumer.py:Consumer.run"), "orchestration"),
        ((f"{SITE}langgraph/checkpoint/sqlite/base.py:SqliteSaver.put_writes",), "memory_write"),
        ((f"{DIST}openai/_streaming.py:Stream.__stream__",), "llm_inference"),
    ],
)  # fmt: skip
def test_a_stack_tells_its_kind(frames: tuple[str, ...], kind: StepKind) -> None:
    assert label(*frames).kind == kind


def test_the_work_nearest_the_leaf_wins() -> None:
    inner = ("/app/llm.py:summarise", "/app/tools.py:read_page", *ROOT)

    assert label(*inner).kind is StepKind.LLM_INFERENCE


def test_a_name_of_a_library_is_no_name_of_ours() -> None:
    """A file of the user's that is called like a library's must not be taken for it."""
    assert label("/app/agents/run.py:Runner.run_sync", *ROOT).kind is StepKind.UNKNOWN
    assert label("/home/me/openai/_streaming.py:Stream.__stream__").kind is StepKind.UNKNOWN
    assert label(f"{SITE}fancy/tools.py:run", *ROOT).kind is StepKind.UNKNOWN


def test_before_311_the_bare_name_is_enough() -> None:
    bare = f"{SITE}openai/resources/chat/completions/completions.py:create"

    assert label(bare, *ROOT).kind is StepKind.LLM_INFERENCE


def test_http_is_a_tool_unless_the_process_talks_to_a_model() -> None:
    assert label(RECV, SEND, *ROOT).kind is StepKind.TOOL_CALL
    assert label(RECV, SEND, *ROOT, model_client=True).kind is StepKind.LLM_INFERENCE


WORKER = f"{STDLIB}concurrent/futures/thread.py:_worker"
ITEM = f"{STDLIB}concurrent/futures/thread.py:_WorkItem.run"
RUNNER = f"{SITE}agents/run.py:AgentRunner.run"


def test_user_code_on_a_worker_thread_is_a_tool_only_beside_an_agent_framework() -> None:
    worker = ("/app/weather.py:lookup", ITEM, WORKER)

    assert label(*worker, others=(RUNNER,)).kind is StepKind.TOOL_CALL
    assert label(*worker).kind is StepKind.ORCHESTRATION
    assert label(WORKER, others=(RUNNER,)).kind is StepKind.ORCHESTRATION
    assert label(RECV, ITEM, WORKER, others=(RUNNER,)).kind is StepKind.ORCHESTRATION


def test_a_step_is_named_after_the_telling_function() -> None:
    frames = (
        f"{STDLIB}subprocess.py:Popen.communicate",
        "/app/tools.py:Toolbox._run",
        "/app/tools.py:Toolbox.search_files",
        "/app/tools.py:Toolbox.call",
        *ROOT,
    )

    named = label(*frames)

    assert (named.name, named.weak) == ("Toolbox.search_files", False)
    assert label(*frames[3:]).weak
    assert label(*frames[3:]).name == "Toolbox.call"


def test_labels_say_what_they_rest_on() -> None:
    strong, weak, none = label(CLIENT), label("/app/llm.py:ask"), label("/app/x.py:y")

    assert strong.confidence > weak.confidence > none.confidence == 0
    assert (strong.source, none.source) == (LabelSource.STACK, LabelSource.NONE)


def test_the_request_frame_nearest_the_root_counts_with_the_way_below_it() -> None:
    serving = label(
        CLIENT,
        "/app/agent.py:Agent.think",
        "/app/agent.py:Agent.research",
        f"{SITE}smolagents/agents.py:ToolCallingAgent.run",
        "/app/server.py:Handler.do_POST",
        f"{STDLIB}http/server.py:BaseHTTPRequestHandler.handle_one_request",
    )

    assert serving.request == "Handler.do_POST"
    assert serving.path == ("Agent.research", "Agent.think")


@pytest.mark.parametrize(
    ("file", "path", "own"),
    [
        ("/venv/lib/python3.11/site-packages/a/b.py", "a/b.py", False),
        (
            f"{SITE}agentaudit/_samples/agent/llm.py",
            f"{SITE}agentaudit/_samples/agent/llm.py",
            True,
        ),
        (f"{SITE}agentaudit/probes/load.py", "agentaudit/probes/load.py", False),
        ("/usr/lib/python3/dist-packages/a/b.py", "a/b.py", False),
        ("/home/me/.pyenv/versions/3.11.7/lib/python3.11/threading.py", "threading.py", False),
        ("/usr/lib64/python3.13t/asyncio/base_events.py", "asyncio/base_events.py", False),
        ("/home/me/lib/agent.py", "/home/me/lib/agent.py", True),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>", False),
        ("<string>", "<string>", True),
    ],
)
def test_whose_code_a_file_is(file: str, path: str, own: bool) -> None:  # noqa: FBT001
    assert own_code(file) == (path, own)


def example(rule: StepRule) -> Frame:
    """A frame that the row is meant for."""
    file = rule.file.replace("**/", "deep/er/").replace("*", "x")
    own = rule.when == "own_code" or (rule.when == "request" and rule.file.startswith("*"))
    place = "/app/" if own else SITE
    return Frame(file=place + file, function=rule.function.replace("*", "x"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_shipped_row_matches_what_it_is_meant_for(rule: StepRule) -> None:
    from agentaudit.profiling.frames import FrameRules

    assert rule in FrameRules(RULES).matching(example(rule))


def test_rules_of_users_go_before_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "- {id: mine, framework: mine, pattern: {file: 'tools.py', function: 'think',"
        " when: own_code}, step_kind: llm_inference, evidence: observed}\n"
    )
    rules = LabelRules(frames=load_step_rules([tmp_path, shipped("rules") / "steps"]))

    assert Labeller(rules, [stack("/app/tools.py:think")]).label(7, 0).kind is (
        StepKind.LLM_INFERENCE
    )


def test_a_file_that_is_being_imported_does_no_work_of_its_kind() -> None:
    imported = label(f"{STDLIB}asyncio/subprocess.py:<module>", *ROOT)

    assert imported.kind is StepKind.UNKNOWN


@pytest.mark.parametrize(
    ("function", "loop"),
    [("BaseEventLoop.run_forever", True), ("<module>", False), ("BaseEventLoop", False)],
)
def test_a_program_that_imports_an_event_loop_runs_none(function: str, *, loop: bool) -> None:
    found = label(
        f"{STDLIB}selectors.py:select", f"{STDLIB}asyncio/base_events.py:{function}", *ROOT
    )

    assert found.loop is loop
