"""What looks like a secret or a server, and is shown to everybody: search keys, examples, forms."""

import json

import pytest

from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.deployment import deployment_of
from agentaudit.rules.fakes import fake

DRAWN = "vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG"
SEARCH = """\
export const DOCS = {
  appId: 'Q3ZK7WXT9B',
  apiKey: '%s',
  indexName: 'handbook',
};
"""
HEXADECIMAL = "5be8d1c07fa94e2b863d0c97e1f2ab46"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SEARCH % HEXADECIMAL, 0),
        (SEARCH.replace("indexName", "region") % HEXADECIMAL, 1),
        (SEARCH.replace("appId", "label") % HEXADECIMAL, 1),
        (SEARCH.replace("\n", " ") % HEXADECIMAL, 0),
        (SEARCH.replace("\n", " " * 5_000) % HEXADECIMAL, 1),
        (SEARCH % DRAWN, 1),
        (SEARCH.replace("apiKey", "adminApiKey") % HEXADECIMAL, 1),
    ],
)
def test_a_key_of_algolia_that_searches_an_index_is_meant_for_everybody(
    text: str, found: int
) -> None:
    search = f"import {{ generateText }} from 'ai';\n{text}"

    assert len(deployment_of({"docs.ts": search}).credentials) == found


def test_an_address_before_another_has_a_port_and_no_password() -> None:
    shown = "http://proxy.example.com:8080、http://someone:pass@proxy.example.com:8080"
    kept = "http://proxy.example.com:8080、postgres://u:q7Zk9vLm2XbR@db.acme.example/x"
    found = by_look(kept)

    assert by_look(shown) is None
    assert found is not None
    assert (found.provider, found.secret) == ("database", "q7Zk9vLm2XbR")


@pytest.mark.parametrize(
    ("folder", "found"),
    [(".github/ISSUE_TEMPLATE", 0), (".github/DISCUSSION_TEMPLATE", 0), ("x", 1)],
)
def test_the_form_for_reports_of_faults_declares_no_server(folder: str, found: int) -> None:
    form = """\
body:
  - type: textarea
    attributes:
      placeholder: |
        {"mcpServers": {"shop": {"command": "npx", "args": ["-y", "shop-mcp"]}}}
"""

    assert len(deployment_of({f"{folder}/fault.yml": form}).tool_servers) == found


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (fake("private_key"), 1),
        ("-----BEGIN PRIVATE KEY-----\nKEY_OF_A_MOCK\n-----END PRIVATE KEY-----\n", 0),
        ("${SHOP_PRIVATE_KEY}", 0),
    ],
)
def test_the_file_of_a_service_account_without_its_key_opens_nothing(key: str, found: int) -> None:
    account = {"type": "service_account", "project_id": "shop", "private_key": key}

    assert len(deployment_of({"account.json": json.dumps(account)}).credentials) == found
