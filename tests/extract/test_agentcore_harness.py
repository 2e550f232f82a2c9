"""Servers of tools that a harness of AgentCore calls by itself."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import CredentialForm

DRAWN = "x9Kd3Lq0PzXv71NmRtY5wUs2BcEf4GhI"
URL = "http://tools.example/mcp"
TERRAFORM = """\
resource "aws_bedrockagentcore_harness" "desk" {
  harness_name = "desk"
  tool {
    type = "remote_mcp"
    name = "mail"
    config {
      remote_mcp {
        url     = "URL"
        headers = { Authorization = "Bearer TOKEN" }
      }
    }
  }
}
"""
CLOUDFORMATION = """\
Resources:
  Desk:
    Type: AWS::BedrockAgentCore::Harness
    Properties:
      HarnessName: desk
      Tools:
        - Type: remote_mcp
          Name: mail
          Config: {RemoteMcp: {Url: URL, Headers: {Authorization: Bearer TOKEN}}}
"""
PROJECT = json.dumps({"harnesses": [{"name": "desk", "path": "desk"}]})
HARNESS = {
    "name": "desk",
    "tools": [
        {
            "type": "remote_mcp",
            "name": "mail",
            "config": {"remoteMcp": {"url": "URL", "headers": {"authorization": "Bearer TOKEN"}}},
        }
    ],
}
FORMS = {
    "terraform": {"main.tf": TERRAFORM},
    "cloudformation": {"template.yaml": CLOUDFORMATION},
    "project": {"agentcore.json": PROJECT, "desk/harness.json": json.dumps(HARNESS)},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_harness_calls_servers_by_itself(form: str) -> None:
    files = {
        file: text.replace("URL", URL).replace("TOKEN", DRAWN) for file, text in FORMS[form].items()
    }
    found = deployment_of(files)
    (server,), (credential,) = found.tool_servers, found.credentials

    assert (server.name, server.tls, server.authenticated) == ("mail", Truth.NO, Truth.YES)
    assert (credential.form, credential.holder) == (CredentialForm.LITERAL, "tool_server")
    assert credential.evidence[0].file == list(files)[-1]
    assert EdgeKind.EXPOSES in {edge.kind for edge in found.edges if edge.dst == server.id}
    assert DRAWN not in repr(found)


def test_a_server_that_is_shown_nothing_asks_nobody() -> None:
    text = TERRAFORM.replace('        headers = { Authorization = "Bearer TOKEN" }\n', "")
    (server,) = deployment_of(
        {"main.tf": text.replace("URL", "https://tools.example/")}
    ).tool_servers

    assert (server.tls, server.authenticated) == (Truth.YES, Truth.NO)
