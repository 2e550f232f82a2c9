"""
Phoenix: for how long it keeps traces, in which prompts and answers stand unless clients hide them.

Source: Arize Phoenix documentation, "Environments" (`PHOENIX_DEFAULT_RETENTION_POLICY_DAYS`, which
is 0, for ever, unless set) and "Data Retention".
"""

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.redaction import plain
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.controls import AuditLog

_DAYS = "PHOENIX_DEFAULT_RETENTION_POLICY_DAYS"


def extract_phoenix(_documents: Documents, collector: Collector) -> None:
    """The log that every server of Phoenix is, with the time for which it keeps what it gets."""
    for workload in collector.workloads:
        runtime = collector.facts.get(workload.runtime_id)
        if "arizephoenix/phoenix" not in workload.image or runtime is None:
            continue
        days = next((item for item in workload.settings if item.key == _DAYS), None)
        place = runtime.evidence[0]
        if days is not None:
            place = evidence(days.document, days.value, f"{_DAYS}={plain(days.content)}")
            number = days.content.strip()
            kept = Known.SET if number.isdecimal() else Known.UNKNOWN
            kept = Known.NONE if number.isdecimal() and not int(number) else kept
        else:
            kept = Known.NONE if workload.settings_whole else Known.UNKNOWN
        collector.add(
            AuditLog(
                id=fact_id("audit_log", "phoenix", f"{workload.runtime_id}/phoenix"),
                name=f"traces in {runtime.name}",
                evidence=(place,),
                kind="phoenix",
                enabled=Truth.YES,
                retention=kept,
            )
        )
