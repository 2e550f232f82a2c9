"""Apps of Heroku by their manifest."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm

VALUE = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"


def test_an_app_holds_what_its_manifest_gives_and_what_it_asks_for() -> None:
    manifest = {
        "name": "desk-agent",
        "env": {
            "CRM_TOKEN": {"description": "of the desk", "value": VALUE},
            "MAIL_TOKEN": VALUE[::-1],
            "OPENAI_API_KEY": {"description": "yours", "required": True},
            "SESSION_SECRET": {"generator": "secret"},
            "STAGE": "production",
        },
        "formation": {"web": {"quantity": 1}},
    }
    found = deployment_of({"a/app.json": json.dumps(manifest)})
    (runtime,) = found.runtimes

    assert (runtime.name, runtime.runs_agent, runtime.memory_limit, runtime.published_ports) == (
        "desk-agent",
        True,
        Known.SET,
        ("443",),
    )
    assert {(each.variable, each.form) for each in found.credentials} == {
        ("CRM_TOKEN", CredentialForm.LITERAL),
        ("MAIL_TOKEN", CredentialForm.LITERAL),
        ("OPENAI_API_KEY", CredentialForm.SECRET_REF),
        ("SESSION_SECRET", CredentialForm.SECRET_REF),
    }


@pytest.mark.parametrize(
    ("file", "manifest"),
    [
        ("app.json", {"expo": {"name": "agent"}, "env": {"API_KEY": ""}}),
        ("app.json", {"name": "agent", "token": "x"}),
        ("app.json", {"name": "agent", "env": "production"}),
        ("config/myapp.json", {"name": "agent", "env": {"OPENAI_API_KEY": ""}}),
    ],
)
def test_other_files_are_no_apps(file: str, manifest: object) -> None:
    assert not deployment_of({file: json.dumps(manifest)}).runtimes


APP = json.dumps({"name": "desk", "env": {"OPENAI_API_KEY": {"required": True}}})
AGENT = """
from agents import Agent
from tools import lookup
desk = Agent(name="desk", tools=[lookup])
"""


def test_a_procfile_says_what_the_app_of_its_folder_runs() -> None:
    files = {"a/app.json": APP, "a/Procfile": "web: python agent.py --port $PORT\n"}
    found = deployment_of({**files, "a/agent.py": AGENT})
    (runtime,), (agent,) = found.runtimes, found.agents

    assert runtime.name == "desk"
    assert [(place.file, place.line) for place in runtime.evidence] == [
        ("a/app.json", 1),
        ("a/Procfile", 1),
    ]
    assert (EdgeKind.RUNS_ON, agent.id, runtime.id) in {
        (edge.kind, edge.src, edge.dst) for edge in found.edges
    }


def test_each_type_of_process_but_a_release_runs_by_itself() -> None:
    procfile = "# processes\nrelease: ./migrate\nweb: ./serve\nworker: python -m desk.work\n"
    runtimes = deployment_of({"app.json": APP, "Procfile": procfile}).runtimes

    assert {each.name: each.published_ports for each in runtimes} == {
        "desk-web": ("443",),
        "desk-worker": (),
    }


@pytest.mark.parametrize(
    ("procfile", "text"),
    [("b/Procfile", "web: ./serve\n"), ("a/Procfile", "release: ./migrate\n"), ("Procfile", "")],
)
def test_an_app_without_processes_of_its_own_is_one_workload(procfile: str, text: str) -> None:
    (runtime,) = deployment_of({"a/app.json": APP, procfile: text}).runtimes

    assert (runtime.name, runtime.published_ports) == ("desk", ("443",))


def test_a_procfile_alone_is_no_app() -> None:
    assert not deployment_of({"Procfile": "web: python agent.py\n", "agent.py": AGENT}).runtimes


def test_more_types_of_processes_than_are_read_are_named() -> None:
    procfile = "".join(f"w{number}: ./serve\n" for number in range(103))
    found = deployment_of({"app.json": APP, "Procfile": procfile})

    assert len(found.runtimes) == 100
    assert [(end.what, end.evidence.line) for end in found.unresolved] == [
        ("types of processes after 100", 101)
    ]
