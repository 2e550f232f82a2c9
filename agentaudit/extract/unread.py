"""
Files that deploy agents, and that no extractor understands yet.

They are swept for secrets as any file of their syntax is, and otherwise named as read in part.
"""

from agentaudit.errors import Problem
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import SERVERLESS_FILE
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.cdk import UNRENDERED, declares_stack
from agentaudit.readers.document import Node
from agentaudit.readers.unread_agents import unread_agents

_TERRAFORM = (".tf.json", ".tofu.json")
"""As programs write it, of CDKTF for one."""
_DECLARING = ("resource", "data", "module")


def extract_unread(documents: Documents, collector: Collector) -> None:
    """What such a file deploys is open: of Serverless, of Terraform in JSON, of stacks, agents."""
    for document in documents.of("json", "yaml"):
        if SERVERLESS_FILE.search(document.file) and _elsewhere(document.root):
            message = "functions outside of AWS, which are not read"
            collector.problems.append(_problem(document.file, message))
        if document.file.endswith(_TERRAFORM) and any(map(document.root.child, _DECLARING)):
            message = (
                "Terraform in JSON, which is not read: audit its plan (`terraform show -json`)"
            )
            collector.problems.append(_problem(document.file, message))
    read = {place.file for agent in collector.of(Agent) for place in agent.evidence}
    for document in documents.of("python"):
        place = declares_stack(document.file, document.text)
        if place is not None:
            line = document.text.count("\n", 0, place) + 1
            collector.problems.append(_problem(document.file, UNRENDERED, line))
        if document.file in read:
            continue
        for message, place in unread_agents(document.file, document.text):
            line = document.text.count("\n", 0, place) + 1
            collector.problems.append(_problem(document.file, message, line))


def _elsewhere(root: Node) -> bool:
    """Whether a project of Serverless is for another cloud than the one whose resources we know."""
    provider = root.text_at("provider", "name") or root.text_at("provider")
    return root.child("functions") is not None and provider != "aws"


def _problem(file: str, message: str, line: int = 1) -> Problem:
    return Problem(file=file, message=message, line=line, column=1)
