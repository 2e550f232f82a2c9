"""Files, places and flows as SARIF tells them: relative to %SRCROOT%, the root of the audit."""

from urllib.parse import quote

from agentaudit.model.evidence import Evidence
from agentaudit.report.formats.sarif_rules import Json
from agentaudit.report.text import one_line

_ROOT = "%SRCROOT%"
ROOTS: Json = {_ROOT: {"description": {"text": "The root of the audit."}}}


def artifact_location(file: str) -> Json:
    """A file of the audit."""
    return {"uri": quote(file), "uriBaseId": _ROOT}


def physical_location(evidence: Evidence) -> Json:
    """A place; SARIF's end column is the one behind the last character."""
    return {
        "artifactLocation": artifact_location(evidence.file),
        "region": {
            "startLine": evidence.line,
            "startColumn": evidence.column,
            "endLine": evidence.end_line,
            "endColumn": evidence.end_column + 1,
        },
    }


def flow_step(number: int, place: Evidence, says: str, *, essential: bool) -> Json:
    """One location of a thread flow, the first with number 0."""
    return {
        "executionOrder": number + 1,
        "importance": "essential" if essential else "important",
        "location": {
            "physicalLocation": physical_location(place),
            "message": {"text": linkless(says)},
        },
    }


def linkless(text: str) -> str:
    """Text of others on one line, in which nothing is a link: SARIF reads `[words](address)`."""
    return one_line(text).replace("](", "] (")
