"""Sessions of the ADK that are made for one question, and those that go on."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.memory import MemoryStore

SCRIPT = """
from uuid import uuid4
from google.adk.agents import Agent
from google.adk.apps import App
from google.adk.runners import InMemoryRunner, Runner
from google.adk.sessions import DatabaseSessionService, InMemorySessionService

agent = Agent(name="desk", model="m")
{app}
kept = InMemorySessionService()

async def ask(question):
    service = {service}
    session = await service.create_session(app_name="desk", user_id="u"{session})
    runner = {runner}
{asking}
"""
ONCE = "    async for event in runner.run_async(session_id=session.id): print(event)"
LOOP = "    while True:\n        await runner.run_async(session_id=session.id)"
TWICE = f"{ONCE}\n{ONCE}"
MEMORY, DATABASE = "InMemorySessionService()", "DatabaseSessionService(db_url='sqlite:///s.db')"
OF_APP = "Runner(app=app, session_service=service)"
OF_AGENT = "Runner(app_name='desk', agent=agent, session_service=service)"


def stores(
    service: str = MEMORY, runner: str = OF_APP, asking: str = ONCE, session: str = ""
) -> tuple[MemoryStore, ...]:
    app = "" if runner == OF_AGENT else 'app = App(name="desk", root_agent=agent)'
    text = SCRIPT.format(app=app, service=service, runner=runner, asking=asking, session=session)
    return deployment_of({"ask.py": text}).memory_stores


@pytest.mark.parametrize("runner", [OF_APP, "InMemoryRunner(app=app)"])
def test_a_session_in_memory_for_one_question_keeps_nothing(runner: str) -> None:
    assert not stores(runner=runner)


@pytest.mark.parametrize("asking", [LOOP, TWICE, "    answer(runner)"])
def test_a_session_that_is_asked_again_goes_on(asking: str) -> None:
    (store,) = stores(asking=asking)

    assert store.max_turns is Known.NONE


def test_sessions_of_the_whole_program_go_on() -> None:
    (store,) = stores(service="kept", session=", session_id='s1'")

    assert store.max_turns is Known.NONE


@pytest.mark.parametrize("runner", [OF_APP, OF_AGENT])
@pytest.mark.parametrize(
    ("session", "turns"),
    [
        ("", Known.SET),
        (", session_id=str(uuid4())", Known.SET),
        (", session_id='s1'", Known.NONE),
        (", session_id=question.user", Known.NONE),
    ],
)
def test_a_new_session_for_each_question_is_kept_and_holds_that(
    runner: str, session: str, turns: Known
) -> None:
    (store,) = stores(service=DATABASE, runner=runner, session=session)

    assert store.max_turns is turns


def test_an_application_that_something_else_runs_goes_on() -> None:
    (store,) = stores(runner="None", asking="    pass")

    assert (store.kind, store.max_turns) == ("history", Known.NONE)
