"""Agents in apps of Modal, of which only a part is read."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus

AGENT = "from strands import Agent\n"
APP = "import modal\napp = modal.App('desk')\n\n\n@app.function()\ndef answer():\n"


def test_an_agent_in_an_app_of_modal_is_read_in_part() -> None:
    (item,) = deployment_of({"a.py": f"{AGENT}{APP}    return Agent()('x')\n"}).coverage

    assert (item.status, item.line) == (FileStatus.PARTIAL, 3)
    assert "who may call its functions" in item.reason


@pytest.mark.parametrize("text", [f"{AGENT}agent = Agent()\n", f"{AGENT}{APP}    return 1\n"])
def test_an_agent_elsewhere_and_an_app_without_one_are_read(text: str) -> None:
    assert [each.status for each in deployment_of({"a.py": text}).coverage] == [FileStatus.READ]
