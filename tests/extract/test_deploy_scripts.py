"""Services that scripts deploy to Cloud Run with the word that lets anybody call them."""

import pytest

from agentaudit.extract.deployment import deployment_of

SCRIPT = "#!/bin/sh\ngcloud run deploy desk \\\n  --source . \\\n  WORD\n"
SERVER = "from fastmcp import FastMCP\nmcp = FastMCP('desk'MORE)\nmcp.run(transport='http')\n"


@pytest.mark.parametrize(
    ("word", "more", "count"),
    [
        ("--allow-unauthenticated", "", 1),
        ("--no-allow-unauthenticated", "", 0),
        ("--allow-unauthenticated", ", auth=verifier", 0),
    ],
)
def test_a_server_that_a_script_opens_is_exposed(word: str, more: str, count: int) -> None:
    script = SCRIPT.replace("WORD", word)
    found = deployment_of({"deploy.sh": script, "desk/server.py": SERVER.replace("MORE", more)})

    assert sum(server.exposed for server in found.tool_servers) == count


def test_of_two_servers_nobody_says_which_is_deployed() -> None:
    script = SCRIPT.replace("WORD", "--allow-unauthenticated")
    code = SERVER.replace("MORE", "")
    found = deployment_of({"deploy.sh": script, "a/server.py": code, "b/server.py": code})

    assert not any(server.exposed for server in found.tool_servers)
