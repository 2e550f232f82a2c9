"""Files and places as SARIF names them: relative to %SRCROOT%, the root of the audit."""

from urllib.parse import quote

from agentaudit.model.evidence import Evidence
from agentaudit.report.formats.sarif_rules import Json

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
