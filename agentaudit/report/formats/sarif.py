"""
SARIF 2.1.0: findings for code hosts and viewers.

An upload is refused whole for one bad result, so every result has a place, every address is
relative to %SRCROOT%, and no source text is quoted, which might hold a secret.
"""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.lists import counted
from agentaudit.model.autofix import Change, Fix
from agentaudit.model.deployment import FileCoverage
from agentaudit.model.finding import Finding, LintResult, Severity, Suppression
from agentaudit.report.coverage import unread_files
from agentaudit.report.formats.sarif_places import (
    ROOTS,
    artifact_location,
    flow_step,
    linkless,
    physical_location,
)
from agentaudit.report.formats.sarif_rules import (
    LEVELS,
    SECURITY_SEVERITY,
    Json,
    component,
    described_rule,
    described_taxonomy,
    taxonomies_of,
)
from agentaudit.report.formats.written_json import written_with
from agentaudit.report.text import one_line, printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_MOST_RESULTS = 25_000
"""GitHub refuses the whole file for one more."""
_BRACKETS = str.maketrans("[]", "()")


def render_sarif(result: LintResult, fixes: Sequence[Fix] = ()) -> str:
    """The findings as one run, suppressed ones included and marked, with what would fix them."""
    return "".join(sarif_pieces(result, fixes))


def sarif_pieces(result: LintResult, fixes: Sequence[Fix] = ()) -> Iterator[str]:
    """The same in pieces."""
    fixing = {(fix.rule, fix.fingerprint): fix for fix in fixes}
    taxonomies = taxonomies_of(result.rules)
    places = {taxonomy: number for number, taxonomy in enumerate(taxonomies)}
    worst = _worst(result)
    rules = [
        described_rule(rule, worst.get(rule.id, rule.severity), places) for rule in result.rules
    ]
    indices = {rule.id: number for number, rule in enumerate(result.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "agentaudit",
                "semanticVersion": result.tool_version,
                "version": result.tool_version,
                "rules": rules,
                "supportedTaxonomies": [component(name, places) for name in taxonomies],
            }
        },
        "automationDetails": {"id": "agentaudit/lint/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": ROOTS,
        "invocations": [_invocation(result)],
        "taxonomies": [described_taxonomy(name, entries) for name, entries in taxonomies.items()],
        "results": [],
    }
    results = (
        _result(finding, indices, fixing.get((finding.rule, finding.fingerprint)))
        for finding in _kept(result)
    )
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return written_with(document, "results", results)


def _worst(result: LintResult) -> Mapping[str, Severity]:
    """
    The gravest open finding of each rule.

    GitHub shows every finding with the severity of its rule, also one that a second sign made low.
    """
    found: dict[str, Severity] = {}
    for finding in result.open_findings:
        known = found.setdefault(finding.rule, finding.severity)
        found[finding.rule] = max(known, finding.severity, key=lambda severity: severity.rank)
    return found


def _kept(result: LintResult) -> Sequence[Finding]:
    """All findings; where they are more than code hosts take, open ones before suppressed ones."""
    if len(result.findings) <= _MOST_RESULTS:
        return result.findings
    gravest = sorted(result.findings, key=lambda finding: finding.suppression is not None)
    return gravest[:_MOST_RESULTS]


def _result(finding: Finding, indices: Mapping[str, int], fix: Fix | None) -> Json:
    found: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": indices[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": physical_location(finding.evidence)}],
        "partialFingerprints": {
            "agentauditFinding/v1": finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
        },
        "properties": {
            "tags": [finding.family.value],
            "severity": finding.severity.value,
            "security-severity": SECURITY_SEVERITY[finding.severity],
            "confidence": finding.confidence.value,
            "subject": printable(finding.subject),
        },
    }
    if finding.related:
        found["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": physical_location(evidence),
                "message": {"text": linkless(evidence.snippet) or "part of this finding"},
            }
            for number, evidence in enumerate(finding.related, start=1)
        ]
    if finding.flow:
        steps = [
            flow_step(number, step.evidence, step.says, essential=False)
            for number, step in enumerate(finding.flow)
        ]
        found["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if fix is not None:
        found["fixes"] = [_fix(fix)]
    if finding.suppression is not None:
        found["suppressions"] = [_suppression(finding.suppression)]
    return found


def _message(finding: Finding) -> str:
    """The finding with a link to each related place, without which GitHub shows none of them."""
    message = linkless(finding.message)
    if not finding.related:
        return message
    places = [str(place).translate(_BRACKETS) for place in finding.related]
    links = (f"[{one_line(place)}]({number})" for number, place in enumerate(places, start=1))
    return f"{message} See also {', '.join(links)}."


def _fix(fix: Fix) -> Json:
    """What to write where. It is text of the rule alone, so nothing of the file is quoted."""
    files = sorted({change.file for change in fix.changes})
    return {
        "description": {"text": one_line(fix.says)},
        "artifactChanges": [
            {
                "artifactLocation": artifact_location(file),
                "replacements": [
                    _replacement(change) for change in fix.changes if change.file == file
                ],
            }
            for file in files
        ],
    }


def _replacement(change: Change) -> Json:
    """A region that is empty where its end is its start: there the text is put in between."""
    return {
        "deletedRegion": {
            "startLine": change.line,
            "startColumn": change.column,
            "endLine": change.end_line,
            "endColumn": change.end_column,
        },
        "insertedContent": {"text": change.text},
    }


def _suppression(suppression: Suppression) -> Json:
    described: dict[str, object] = {
        "kind": "inSource" if suppression.kind == "inline" else "external",
        "status": "accepted",
        "justification": linkless(suppression.told),
    }
    if suppression.evidence is not None:
        described["location"] = {"physicalLocation": physical_location(suppression.evidence)}
    return described


def _invocation(result: LintResult) -> Json:
    """Whether the run saw everything; a file that could not be read is a notification."""
    notifications = [_notification(file) for file in unread_files(result)]
    left_out = len(result.findings) - _MOST_RESULTS
    if left_out > 0:
        told = f"{counted(left_out, 'more finding')} left out: code hosts take {_MOST_RESULTS:,}"
        notifications.append({"level": "warning", "message": {"text": told}})
    return {
        "executionSuccessful": not result.incomplete,
        "toolExecutionNotifications": notifications,
    }


def _notification(file: FileCoverage) -> Json:
    place: dict[str, object] = {
        "artifactLocation": artifact_location(file.file),
    }
    if file.line is not None:
        place["region"] = {"startLine": file.line, "startColumn": file.column or 1}
    return {
        "level": "error",
        "message": {"text": linkless(f"{file.status.value}: {file.reason}")},
        "locations": [{"physicalLocation": place}],
    }
