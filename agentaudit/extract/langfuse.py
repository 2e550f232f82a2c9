"""
Langfuse on a machine of one's own: for how long the project keeps traces that it is started with.

Source: Langfuse documentation, "Headless Initialization" (`LANGFUSE_INIT_PROJECT_RETENTION`, in
days) and "Data Retention" (without a policy, data is stored indefinitely). Projects that somebody
makes in the browser stand in no file.
"""

import re

from agentaudit.extract.collector import Collector, Workload, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.redaction import plain
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.controls import AuditLog

IMAGE = re.compile(r"(?:^|/)langfuse/langfuse(?:[:@]|$)")
_PROJECT, _DAYS = "LANGFUSE_INIT_PROJECT_ID", "LANGFUSE_INIT_PROJECT_RETENTION"


def extract_langfuse(_documents: Documents, collector: Collector) -> None:
    """The log that a project of Langfuse is, where a server is started with one."""
    for workload in collector.workloads:
        runtime = collector.facts.get(workload.runtime_id)
        found = _kept(workload) if IMAGE.search(workload.image) else None
        if found is None or runtime is None:
            continue
        kept, place = found
        collector.add(
            AuditLog(
                id=fact_id("audit_log", "langfuse", f"{workload.runtime_id}/langfuse"),
                name=f"traces in {runtime.name}",
                evidence=(place,),
                kind="langfuse",
                enabled=Truth.YES,
                retention=kept,
            )
        )


def _kept(workload: Workload) -> tuple[Known, Evidence] | None:
    """How long the project keeps what it gets, and where that is said; None without a project."""
    by_name = {setting.key: setting for setting in workload.settings}
    project, days = by_name.get(_PROJECT), by_name.get(_DAYS)
    if project is None or not project.content:
        return None
    told = days or project
    place = evidence(told.document, told.value, f"{told.key}={plain(told.content)}")
    if days is None:
        return (Known.NONE if workload.settings_whole else Known.UNKNOWN), place
    number = days.content.strip()
    unlimited = not number or (number.isdecimal() and not int(number))
    return Known.NONE if unlimited else Known.SET if number.isdecimal() else Known.UNKNOWN, place
