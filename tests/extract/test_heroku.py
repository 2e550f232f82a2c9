"""Apps of Heroku by their manifest."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
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
