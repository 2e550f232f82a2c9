"""
SARIF 2.1.0: findings for code hosts and viewers.

An upload is refused whole for one bad result, so every result has a place, every address is
relative to %SRCROOT%, and no source text is quoted, which might hold a secret.
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from agentaudit.model.autofix import Change, Fix
from agentaudit.model.deployment import FileCoverage
from agentaudit.model.evidence import Evidence
from agentaudit.model.finding import Finding, LintResult, RuleSummary, Severity, Suppression
from agentaudit.report.coverage import unread_files
from agentaudit.report.formats.written_json import written
from agentaudit.report.text import one_line, printable
from agentaudit.rules.references import Reference, references

Json = Mapping[str, object]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Mapping[Severity, str] = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
SECURITY_SEVERITY: Mapping[Severity, str] = {
    Severity.INFO: "0.0",
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
"""The middle of what GitHub calls low (to 3.9), medium (to 6.9), high (to 8.9) and critical."""

_ROOT = "%SRCROOT%"
_TAXONOMY_NAMES = {
    "atlas": "MITRE ATLAS",
    "cwe": "CWE",
    "owasp-asi": "OWASP Agentic Applications",
    "owasp-llm": "OWASP LLM Applications",
    "owasp-mcp": "OWASP MCP",
    "owasp-nhi": "OWASP Non-Human Identities",
}


def render_sarif(result: LintResult, fixes: Sequence[Fix] = ()) -> str:
    """The findings as one run, suppressed ones included and marked, with what would fix them."""
    fixing = {(fix.rule, fix.fingerprint): fix for fix in fixes}
    taxonomies = _taxonomies(result.rules)
    places = {taxonomy: number for number, taxonomy in enumerate(taxonomies)}
    rules = [_rule(rule, places) for rule in result.rules]
    indices = {rule.id: number for number, rule in enumerate(result.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "agentaudit",
                "semanticVersion": result.tool_version,
                "version": result.tool_version,
                "rules": rules,
                "supportedTaxonomies": [_component(name, places) for name in taxonomies],
            }
        },
        "automationDetails": {"id": "agentaudit/lint/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the audit."}}},
        "invocations": [_invocation(result)],
        "taxonomies": [_taxonomy(name, entries) for name, entries in taxonomies.items()],
        "results": [
            _result(finding, indices, fixing.get((finding.rule, finding.fingerprint)))
            for finding in result.findings
        ],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return written(document)


def _rule(rule: RuleSummary, places: Mapping[str, int]) -> Json:
    entries = _entries(rule)
    described: dict[str, object] = {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\n\n{rule.fix}", "markdown": _help(rule, entries)},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": _tags(rule.family, entries),
            "security-severity": SECURITY_SEVERITY[rule.severity],
            "problem.severity": _problem_severity(rule.severity),
        },
        "relationships": [
            {
                "target": {"id": entry.id, "toolComponent": _component(entry.taxonomy, places)},
                "kinds": ["relevant"],
            }
            for entry in entries
        ],
    }
    address = next((entry.url for entry in entries if entry.url), "")
    return {**described, "helpUri": address} if address else described


def _help(rule: RuleSummary, entries: Sequence[Reference]) -> str:
    links = "\n".join(f"- [{entry.label}]({entry.url})" for entry in entries)
    parts = (
        f"**{rule.title}**",
        f"### Why\n{rule.why}",
        f"### What to do\n{rule.fix}",
        f"### References\n{links}" if links else "",
        f"### To let it stand\nWrite `agentaudit: ignore[{rule.id}] reason` in a comment there.",
    )
    return "\n\n".join(part for part in parts if part)


def _result(finding: Finding, indices: Mapping[str, int], fix: Fix | None) -> Json:
    found: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": indices[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": one_line(finding.message)},
        "locations": [{"physicalLocation": _place(finding.evidence)}],
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
                "physicalLocation": _place(evidence),
                "message": {"text": "part of this finding"},
            }
            for number, evidence in enumerate(finding.related, start=1)
        ]
    if fix is not None:
        found["fixes"] = [_fix(fix)]
    if finding.suppression is not None:
        found["suppressions"] = [_suppression(finding.suppression)]
    return found


def _fix(fix: Fix) -> Json:
    """What to write where. It is text of the rule alone, so nothing of the file is quoted."""
    files = sorted({change.file for change in fix.changes})
    return {
        "description": {"text": one_line(fix.says)},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": quote(file), "uriBaseId": _ROOT},
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
        "justification": one_line(suppression.reason),
    }
    if suppression.evidence is not None:
        described["location"] = {"physicalLocation": _place(suppression.evidence)}
    return described


def _place(evidence: Evidence) -> Json:
    """A place; SARIF's end column is the one behind the last character."""
    return {
        "artifactLocation": {"uri": quote(evidence.file), "uriBaseId": _ROOT},
        "region": {
            "startLine": evidence.line,
            "startColumn": evidence.column,
            "endLine": evidence.end_line,
            "endColumn": evidence.end_column + 1,
        },
    }


def _invocation(result: LintResult) -> Json:
    """Whether the run saw everything; a file that could not be read is a notification."""
    return {
        "executionSuccessful": not result.incomplete,
        "toolExecutionNotifications": [_notification(file) for file in unread_files(result)],
    }


def _notification(file: FileCoverage) -> Json:
    place: dict[str, object] = {
        "artifactLocation": {"uri": quote(file.file), "uriBaseId": _ROOT},
    }
    if file.line is not None:
        place["region"] = {"startLine": file.line, "startColumn": file.column or 1}
    return {
        "level": "error",
        "message": {"text": one_line(f"{file.status.value}: {file.reason}")},
        "locations": [{"physicalLocation": place}],
    }


def _taxonomies(rules: Iterable[RuleSummary]) -> Mapping[str, Sequence[Reference]]:
    """The entries that the rules refer to, by taxonomy."""
    entries = {entry.reference: entry for rule in rules for entry in _entries(rule)}
    names = sorted({entry.taxonomy for entry in entries.values()})
    return {
        name: sorted(
            (entry for entry in entries.values() if entry.taxonomy == name),
            key=lambda entry: entry.id,
        )
        for name in names
    }


def _taxonomy(name: str, entries: Sequence[Reference]) -> Json:
    return {
        "name": _TAXONOMY_NAMES.get(name, name),
        "taxa": [
            {"id": entry.id, "name": entry.title, "helpUri": entry.url}
            if entry.url
            else {"id": entry.id, "name": entry.title}
            for entry in entries
        ],
    }


def _component(name: str, places: Mapping[str, int]) -> Json:
    return {"name": _TAXONOMY_NAMES.get(name, name), "index": places[name]}


def _entries(rule: RuleSummary) -> tuple[Reference, ...]:
    known = references()
    return tuple(known[name] for name in rule.references if name in known)


def _tags(family: str, entries: Iterable[Reference]) -> list[str]:
    """The family first; GitHub shows ten tags and keeps twenty."""
    weaknesses = [
        f"external/cwe/{entry.id.lower()}" for entry in entries if entry.taxonomy == "cwe"
    ]
    return [family, "security", *weaknesses]


def _problem_severity(severity: Severity) -> str:
    return {"note": "recommendation"}.get(LEVELS[severity], LEVELS[severity])
