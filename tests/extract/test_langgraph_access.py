"""Who may call the graphs of a `langgraph.json`: what it says, and what it leaves to its server."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth

OPEN = "who may call the graphs: `auth` names no handler"


@pytest.mark.parametrize(
    ("auth", "authenticated", "left_open"),
    [
        ({"path": "./auth.py:auth"}, Truth.YES, False),
        ({"path": "./auth.py:auth", "disable_studio_auth": True}, Truth.YES, False),
        ({"disable_studio_auth": True}, Truth.NO, False),
        ({}, Truth.UNKNOWN, True),
    ],
)
def test_a_handler_asks_and_without_one_the_server_decides(
    auth: dict[str, object], authenticated: Truth, *, left_open: bool
) -> None:
    settings = {"dependencies": ["."], "graphs": {"desk": "./desk.py:graph"}, "auth": auth}
    deployment = deployment_of({"langgraph.json": json.dumps(settings)})

    assert [agent.authenticated for agent in deployment.agents] == [authenticated]
    assert (OPEN in {end.what for end in deployment.unresolved}) is left_open
