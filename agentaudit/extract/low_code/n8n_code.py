"""Secrets that authors of n8n workflows write into code and requests, under their names."""

from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.recognition import recognise
from agentaudit.extract.low_code.n8n_workflows import Workflow
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Node

_WRITTEN = ("jsCode", "functionCode", "pythonCode", "code", "jsonBody", "body")
"""Parameters whose text is a program, or becomes one value of a request."""
_VALUE = regex(r"""[:=]\s{0,4}(?P<quote>["'`])(?P<value>[^"'`\n\\]{4,400})(?P=quote)""")
_NAME_BEFORE = regex(r"""(?<![\w$.-])["']?(?P<name>[A-Za-z_][\w$-]{1,60})["']?\s{0,4}$""")
_LONGEST_NAME = 68
"""With its quotes and spaces. Values are found first: most texts have few, and names everywhere."""


def add_written_credentials(workflow: Workflow, collector: Collector, node: Node) -> None:
    """The secrets of one node; those that n8n keeps itself are no part of an export."""
    add_credentials(
        collector, _settings(workflow, node), Holding(holder="repository", exposure="file")
    )


def _settings(workflow: Workflow, node: Node) -> Iterator[Setting]:
    for parameter in _WRITTEN:
        written = node.get("parameters", parameter)
        if written is None:
            continue
        for number, found in enumerate(_VALUE.finditer(written.raw)):
            start = found.start()
            named = _NAME_BEFORE.search(written.raw[max(start - _LONGEST_NAME, 0) : start])
            credential = recognise(named["name"], found["value"]) if named is not None else None
            if named and credential and credential.form is CredentialForm.LITERAL:
                yield Setting(
                    key=named["name"],
                    value=written,
                    document=workflow.document,
                    route=f"{workflow.key}/nodes.{node.name_at('name')}.{parameter}.{number}",
                    text=found["value"],
                )
