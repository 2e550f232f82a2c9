"""JUnit XML: a test case for each finding, and one for each rule that found nothing."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from agentaudit.model.deployment import FileCoverage
from agentaudit.model.finding import Family, Finding, LintResult
from agentaudit.report.coverage import unread_files
from agentaudit.report.text import one_line

_COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render_junit(result: LintResult) -> str:
    """
    A suite for each family, and one for coverage.

    Findings fail, suppressed ones are skipped, and files that could not be read are errors. There
    are only the attributes that Jenkins' xUnit plugin knows: it refuses a report with any other.
    """
    suites = Element("testsuites", name="agentaudit lint")
    for family in Family:
        suites.append(_suite(family, result))
    suites.append(_coverage(unread_files(result)))
    _count(suites)
    del suites.attrib["skipped"]
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _suite(family: Family, result: LintResult) -> Element:
    suite = Element("testsuite", name=family.value)
    findings = [finding for finding in result.findings if finding.family is family]
    found = {finding.rule for finding in findings}
    for finding in findings:
        _add(suite, finding)
    for rule in result.rules:
        if rule.family is family and rule.id not in found:
            SubElement(suite, "testcase", classname=family.value, name=rule.id)
    _count(suite)
    return suite


def _coverage(files: Sequence[FileCoverage]) -> Element:
    suite = Element("testsuite", name="coverage")
    for file in files:
        name = one_line(file.file)
        case = SubElement(suite, "testcase", classname="coverage", name=name)
        SubElement(case, "error", message=one_line(file.reason or file.status.value))
    _count(suite)
    return suite


def _add(suite: Element, finding: Finding) -> None:
    place, message = one_line(str(finding.evidence)), one_line(finding.message)
    name = f"{finding.rule} {place}"
    case = SubElement(suite, "testcase", classname=finding.family.value, name=name)
    if finding.suppression is not None:
        SubElement(case, "skipped", message=one_line(finding.suppression.told))
        return
    severity = finding.severity.value
    failure = SubElement(case, "failure", type=severity, message=message)
    failure.text = f"{severity} {place}: {message}"


def _count(element: Element) -> None:
    """The counts that readers of the format expect on a suite."""
    element.set("tests", str(len(list(element.iter("testcase")))))
    for name, tag in _COUNTS.items():
        element.set(name, str(len(list(element.iter(tag)))))
