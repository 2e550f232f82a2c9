"""
Which programs the runtime of Amazon Bedrock AgentCore may run.

It wants a server to listen on 0.0.0.0:8000, and asks itself who calls, before the server does
(AgentCore Developer Guide, "Deploy MCP servers in AgentCore Runtime").
"""

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents, folder_of

_RUNTIME = "aws_bedrockagentcore_agent_runtime"
_NAME = regex(r'"(?P<name>[a-z0-9]{1,60}(?:[-_][a-z0-9]{1,60}){1,12})"')
"""`"mcp-tools"`, a name of several words: an image or a folder."""


def may_run_on_agentcore(file: str, documents: Documents) -> bool:
    """Whether a program beside it is made for AgentCore, or Terraform names its folder there."""
    folder = folder_of(file)
    if folder in documents.once(_made_for_it):
        return True
    return not documents.once(_named_there).isdisjoint(folder.split("/"))


def _made_for_it(documents: Documents) -> frozenset[str]:
    """The folders of programs that use its package."""
    return frozenset(
        folder_of(document.file)
        for document in documents.of("python")
        if "bedrock_agentcore" in document.text
    )


def _named_there(documents: Documents) -> frozenset[str]:
    """The names in files of Terraform that declare a runtime of it."""
    return frozenset(
        found["name"]
        for document in documents.of("hcl")
        if _RUNTIME in document.text
        for found in _NAME.finditer(document.text)
    )
