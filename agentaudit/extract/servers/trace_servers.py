"""
Servers of one's own that keep traces, and for how long: Phoenix, and Langfuse.

Prompts and answers stand in traces unless clients hide them. Sources: Arize Phoenix documentation,
"Environments" (`PHOENIX_DEFAULT_RETENTION_POLICY_DAYS`, which is 0, for ever, unless set) and "Data
Retention"; Langfuse documentation, "Headless Initialization" (`LANGFUSE_INIT_PROJECT_RETENTION`, in
days) and "Data Retention" (without a policy, data is stored indefinitely). Projects of Langfuse
that somebody makes in the browser stand in no file.
"""

import re

from msgspec import Struct

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.controls import AuditLog


class _Server(Struct, frozen=True, kw_only=True):
    kind: str
    image: re.Pattern[str]
    days: str
    """The variable that says for how long it keeps what it gets."""
    empty: str = ""
    """What that means where it is empty."""
    project: str = ""
    """The variable that starts it with a project; without one it is no log. Empty: it is one."""


_SERVERS = (
    _Server(
        kind="phoenix",
        image=re.compile("arizephoenix/phoenix"),
        days="PHOENIX_DEFAULT_RETENTION_POLICY_DAYS",
    ),
    _Server(
        kind="langfuse",
        image=re.compile(r"(?:^|/)langfuse/langfuse(?:[:@]|$)"),
        days="LANGFUSE_INIT_PROJECT_RETENTION",
        empty="0",
        project="LANGFUSE_INIT_PROJECT_ID",
    ),
)
_NUMBER = re.compile(r"\d{1,18}")


def extract_trace_servers(_documents: Documents, collector: Collector) -> None:
    """The log that each server is, with the time for which it keeps what it gets."""
    for workload in collector.workloads:
        for server in _SERVERS:
            if server.image.search(workload.product):
                _add_log(collector, workload, server)


def _add_log(collector: Collector, workload: Workload, server: _Server) -> None:
    runtime = collector.facts.get(workload.runtime_id)
    by_name = {setting.key: setting for setting in workload.settings}
    project = by_name.get(server.project) if server.project else None
    if runtime is None or (server.project and (project is None or not project.content)):
        return
    days = by_name.get(server.days)
    told = days or project
    collector.add(
        AuditLog(
            id=fact_id("audit_log", server.kind, f"{workload.runtime_id}/{server.kind}"),
            name=f"traces in {runtime.name}",
            evidence=(_place(told) if told is not None else runtime.evidence[0],),
            kind=server.kind,
            enabled=Truth.YES,
            retention=_kept(workload, days, server.empty),
        )
    )


def _place(setting: Setting) -> Evidence:
    return evidence(setting.document, setting.value, f"{setting.key}={plain(setting.content)}")


def _kept(workload: Workload, days: Setting | None, empty: str) -> Known:
    """Whether what a server gets is kept for some days only."""
    if days is None:
        return Known.NONE if workload.settings_whole else Known.UNKNOWN
    number = days.content.strip() or empty
    if not _NUMBER.fullmatch(number):
        return Known.UNKNOWN
    return Known.SET if int(number) else Known.NONE
