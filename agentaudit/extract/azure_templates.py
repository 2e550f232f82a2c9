"""ARM templates: swept for secrets as any JSON is, and otherwise named as read in part."""

from agentaudit.errors import Problem
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.readers.azure import UNREAD, arm_place


def extract_azure_templates(documents: Documents, collector: Collector) -> None:
    """What such a template deploys is open."""
    for document in documents.of("json"):
        at = arm_place(document.text)
        if at is not None:
            before = document.text[:at]
            collector.problems.append(
                Problem(
                    file=document.file,
                    message=UNREAD,
                    line=before.count("\n") + 1,
                    column=at - before.rfind("\n"),
                )
            )
