"""Agents that were installed: what tells them from the libraries beside them."""

import pytest
from msgspec.structs import replace

from agentaudit.model.recording import Frame
from agentaudit.model.rule import LabelRules, StepRule
from agentaudit.model.trace import StepKind
from agentaudit.profiling.labels import Labeller
from agentaudit.profiling.programs import agent_packages
from agentaudit.rules.programs import load_program_rules
from agentaudit.rules.request_frames import request_rules
from agentaudit.rules.steps import load_step_rules
from agentaudit.store.shipped import shipped

SITE = "/venv/lib/python3.12/site-packages/"
RULES = LabelRules(
    frames=load_step_rules([shipped("rules") / "steps"]),
    programs=load_program_rules(shipped("rules") / "programs.yaml"),
)
RUNPY = ("<frozen runpy>:_run_module_as_main", "<frozen runpy>:_run_code")
OLD_RUNPY = ("/usr/lib/python3.10/runpy.py:_run_module_as_main",)


def frames(*root_first: str) -> tuple[Frame, ...]:
    pairs = [text.rsplit(":", 1) for text in reversed(root_first)]
    return tuple(Frame(file=file, function=function) for file, function in pairs)


def packages(*stacks: tuple[Frame, ...], command: str = "") -> set[str]:
    return set(agent_packages(stacks, command, RULES))


@pytest.mark.parametrize("started", [RUNPY, OLD_RUNPY])
def test_a_module_that_python_was_told_to_run_is_the_agent(started: tuple[str, ...]) -> None:
    agent = frames(*started, f"{SITE}my_agent/__main__.py:<module>", f"{SITE}httpx/_api.py:get")

    assert packages(agent) == {"my_agent"}


@pytest.mark.parametrize("between", [(), ("typer/main.py:__call__", "click/core.py:main")])
def test_what_a_console_script_calls_is_the_agent(between: tuple[str, ...]) -> None:
    calls = [f"{SITE}{frame}" for frame in (*between, "my_agent/cli.py:main")]

    assert packages(frames("/venv/bin/my-agent:<module>", *calls)) == {"my_agent"}


def test_a_module_of_one_file_and_a_file_run_by_its_path_are_agents() -> None:
    assert packages(frames(f"{SITE}agent_of_one.py:<module>")) == {"agent_of_one"}
    assert packages(frames(f"{SITE}my_agent/serve.py:<module>")) == {"my_agent"}


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("/venv/bin/uvicorn my_agent.app:app --port 8000", {"my_agent"}),
        ("python -m uvicorn my_agent.app:make_app() --factory", {"my_agent"}),
        ("python -m my_agent.server --model gpt:4", {"my_agent"}),
        ("python agent.py --host localhost:8000", set()),
        ("python -m langgraph dev", set()),
        ("python -m fire my_agent answer", set()),
    ],
)
def test_command_lines_name_what_servers_run(command: str, found: set[str]) -> None:
    assert packages(command=command) == found


@pytest.mark.parametrize(
    "stack",
    [
        frames("/app/agent.py:<module>", f"{SITE}pandas/io/parsers.py:read_csv"),
        frames("/app/bin/work.py:<module>", f"{SITE}pandas/io/parsers.py:read_csv"),
        frames(
            "/venv/bin/uvicorn:<module>", f"{SITE}click/core.py:main", f"{SITE}uvicorn/main.py:run"
        ),
        frames(*RUNPY, f"{SITE}celery/__main__.py:<module>", f"{SITE}celery/bin/celery.py:main"),
        frames(*RUNPY, "/usr/lib/python3.12/http/server.py:<module>"),
        frames("/usr/lib/python3.12/threading.py:Thread._bootstrap", f"{SITE}other/pool.py:work"),
        frames(f"{SITE}other/__init__.py:<module>"),
    ],
)
def test_libraries_and_servers_stay_what_they_are(stack: tuple[Frame, ...]) -> None:
    assert packages(stack) == set()


def test_a_script_that_uses_several_libraries_is_a_program_of_its_own() -> None:
    script = "/opt/bin/nightly:<module>"

    assert not packages(
        frames(script, f"{SITE}numpy/core.py:dot"), frames(script, f"{SITE}pandas/io.py:read")
    )


def test_steps_and_requests_of_an_installed_agent_are_seen() -> None:
    """On threads too, whose stacks do not show where the program began."""
    main = frames(*RUNPY, f"{SITE}my_agent/__main__.py:<module>", f"{SITE}my_agent/app.py:serve")
    serving = frames(
        "/usr/lib/python3.12/threading.py:Thread._bootstrap",
        f"{SITE}my_agent/server.py:Handler.do_POST",
        f"{SITE}my_agent/graph.py:Graph.research",
        f"{SITE}my_agent/tools/files.py:dig",
    )
    alone, together = Labeller(RULES, [serving]).label(7, 0), Labeller(RULES, [main, serving])
    label = together.label(7, 1)

    assert (alone.kind, alone.request, alone.engaged) == (StepKind.UNKNOWN, "", False)
    assert (label.kind, label.name) == (StepKind.TOOL_CALL, "dig")
    assert (label.request, label.path) == ("Handler.do_POST", ("Graph.research",))
    assert label.engaged


def test_a_request_frame_that_is_named_makes_no_library_of_its_package() -> None:
    named = request_rules(["my_agent/app.py:serve"])
    stack = frames(*RUNPY, f"{SITE}my_agent/__main__.py:<module>", f"{SITE}my_agent/app.py:serve")

    label = Labeller(replace(RULES, frames=(*named, *RULES.frames)), [stack]).label(7, 0)

    assert label.request == "serve"
    assert label.engaged


def test_a_package_that_a_rule_of_ones_own_names_as_a_library_stays_one() -> None:
    mine = StepRule(
        id="mine",
        framework="mine",
        file="my_agent/work.py",
        function="*",
        when="ordinary",
        kind=StepKind.RETRIEVAL,
        confidence=0.9,
    )
    stack = frames(*RUNPY, f"{SITE}my_agent/__main__.py:<module>", f"{SITE}my_agent/work.py:think")

    rules = replace(RULES, frames=(mine, *RULES.frames))
    assert Labeller(rules, [stack]).label(7, 0).kind is StepKind.RETRIEVAL
