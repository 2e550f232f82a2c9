"""Rules in SARIF: what viewers show beside a finding, and the taxonomies that rules refer to."""

from collections.abc import Iterable, Mapping, Sequence

from agentaudit.model.finding import RuleSummary, Severity
from agentaudit.rules.references import Reference, references

Json = Mapping[str, object]

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

_MOST_TAGS = 20
"""GitHub refuses the whole file for one more; it shows ten."""
_TAXONOMY_NAMES = {
    "atlas": "MITRE ATLAS",
    "cwe": "CWE",
    "owasp-asi": "OWASP Agentic Applications",
    "owasp-llm": "OWASP LLM Applications",
    "owasp-mcp": "OWASP MCP",
    "owasp-nhi": "OWASP Non-Human Identities",
}


def described_rule(rule: RuleSummary, severity: Severity, places: Mapping[str, int]) -> Json:
    """A rule; `severity` is the one that GitHub shows for each of its findings."""
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
            "security-severity": SECURITY_SEVERITY[severity],
            "problem.severity": _problem_severity(rule.severity),
        },
        "relationships": [
            {
                "target": {"id": entry.id, "toolComponent": component(entry.taxonomy, places)},
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
        f"### Fix\n{rule.fix}",
        f"### References\n{links}" if links else "",
        f"### Suppress\nComment `agentaudit: ignore[{rule.id}] reason` on the line or above it.",
    )
    return "\n\n".join(part for part in parts if part)


def _tags(family: str, entries: Iterable[Reference]) -> list[str]:
    """The family first; GitHub shows ten tags and keeps twenty."""
    weaknesses = [
        f"external/cwe/{entry.id.lower()}" for entry in entries if entry.taxonomy == "cwe"
    ]
    return [family, "security", *weaknesses][:_MOST_TAGS]


def _problem_severity(severity: Severity) -> str:
    return {"note": "recommendation"}.get(LEVELS[severity], LEVELS[severity])


def taxonomies_of(rules: Iterable[RuleSummary]) -> Mapping[str, Sequence[Reference]]:
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


def described_taxonomy(name: str, entries: Sequence[Reference]) -> Json:
    """A taxonomy with those of its entries that rules refer to."""
    return {
        "name": _TAXONOMY_NAMES.get(name, name),
        "taxa": [
            {"id": entry.id, "name": entry.title, "helpUri": entry.url}
            if entry.url
            else {"id": entry.id, "name": entry.title}
            for entry in entries
        ],
    }


def component(name: str, places: Mapping[str, int]) -> Json:
    """A reference to a taxonomy by its name and its place among all of the run."""
    return {"name": _TAXONOMY_NAMES.get(name, name), "index": places[name]}


def _entries(rule: RuleSummary) -> tuple[Reference, ...]:
    known = references()
    return tuple(known[name] for name in rule.references if name in known)
