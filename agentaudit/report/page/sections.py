"""The sections of the page, in the order in which a reader needs them."""

from agentaudit.model.decision import Report
from agentaudit.report.page.appendix_section import appendix_section
from agentaudit.report.page.blocks import Section
from agentaudit.report.page.coverage_section import coverage_section
from agentaudit.report.page.decision_section import decision_section
from agentaudit.report.page.findings_section import findings_section
from agentaudit.report.page.profile_section import profile_section
from agentaudit.report.page.scheduler_section import scheduler_section
from agentaudit.report.page.security_section import paths_section, what_if_section


def sections(report: Report) -> tuple[Section, ...]:
    """All of them, always: what is missing is a section that says so."""
    return (
        decision_section(report),
        profile_section(report.profile),
        scheduler_section(report.simulation),
        what_if_section(report.threats),
        paths_section(report.threats),
        findings_section(report.lint),
        coverage_section(report),
        appendix_section(report),
    )
