"""Findings in every format: complete, escaped, and without a secret."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.finding import (
    Family,
    Finding,
    LintResult,
    RuleSummary,
    Severity,
    Suppression,
)
from agentaudit.report.formats import sarif
from agentaudit.report.formats.github import render_github
from agentaudit.report.formats.gitlab import render_gitlab
from agentaudit.report.formats.junit import render_junit
from agentaudit.report.formats.markdown_findings import render_markdown
from agentaudit.report.formats.sarif import render_sarif
from agentaudit.report.tables.findings import render_table
from agentaudit.report.text import one_line
from agentaudit.store.artifacts import to_json

SCHEMA = Path(__file__).parent / "data" / "sarif-2.1.0.json"
"""The OASIS schema of SARIF 2.1.0, as SchemaStore serves it (Apache-2.0)."""
HOSTILE = "x\x1b[2J\u202e|<b>`@team`</b>\n::error::pwned,%0A"


def place(line: int, file: str = "deploy/.mcp.json") -> Evidence:
    return Evidence(file=file, line=line, column=5, end_line=line, end_column=9)


def rule(name: str, severity: Severity, family: Family = Family.CREDENTIALS) -> RuleSummary:
    return RuleSummary(
        id=name,
        title="A key is held",
        family=family,
        severity=severity,
        why="Whoever has it, has it.",
        fix="Revoke it.",
        references=("cwe:CWE-798", "owasp-nhi:NHI7:2025"),
    )


def finding(name: str, severity: Severity, line: int = 4) -> Finding:
    return Finding(
        rule=name,
        title="A key is held",
        family=Family.CREDENTIALS,
        severity=severity,
        confidence=Confidence.LIKELY,
        message="The key in KEY is held.",
        evidence=place(line),
        related=(place(1), place(2, "a b/ü.yaml")),
        subject="credential:key-1",
        fingerprint=f"{line:032x}",
    )


RULES = (rule("held-key", Severity.HIGH), rule("quiet", Severity.LOW, Family.MEMORY))


def result(*findings: Finding, coverage: tuple[FileCoverage, ...] = ()) -> LintResult:
    read = FileCoverage(file="deploy/.mcp.json", status=FileStatus.READ, format="json")
    return LintResult(
        root=".",
        findings=findings,
        rules=RULES,
        credentials=(),
        memory_stores=(),
        gateways=(),
        coverage=(read, *coverage),
        unresolved=(),
        incomplete=any(file.status is FileStatus.FAILED for file in coverage),
        tool_version="1.2.3",
    )


HIDDEN = replace(
    finding("held-key", Severity.MEDIUM, 9),
    suppression=Suppression(kind="inline", reason="accepted", evidence=place(8)),
)
BROKEN = FileCoverage(
    file="b.yaml", status=FileStatus.FAILED, format="yaml", reason="no YAML", line=3, column=7
)
BOTH = result(finding("held-key", Severity.HIGH), HIDDEN, coverage=(BROKEN,))


def test_sarif_is_valid() -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.Draft7Validator(schema)

    assert not list(validator.iter_errors(json.loads(render_sarif(BOTH))))
    assert not list(validator.iter_errors(json.loads(render_sarif(result()))))


def test_sarif_says_all_that_viewers_ask_for() -> None:
    run = json.loads(render_sarif(BOTH))["runs"][0]
    found, hidden = run["results"]

    assert found["level"] == "error"
    assert found["properties"]["tags"] == ["credentials"]
    assert found["properties"]["security-severity"] == "8.0"
    assert found["partialFingerprints"]["primaryLocationLineHash"] == f"{4:032x}:1"
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/.mcp.json", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 4, "startColumn": 5, "endLine": 4, "endColumn": 10},
    }
    assert [
        item["physicalLocation"]["artifactLocation"]["uri"] for item in found["relatedLocations"]
    ] == ["deploy/.mcp.json", "a%20b/%C3%BC.yaml"]
    assert hidden["suppressions"][0]["kind"] == "inSource"
    assert hidden["suppressions"][0]["justification"] == "accepted"


def test_sarif_says_what_stands_at_a_related_place() -> None:
    told = replace(place(1), snippet="KEY=… [x](https://x.example)")
    changed = replace(finding("held-key", Severity.HIGH), related=(told, place(2)))
    (found,) = json.loads(render_sarif(result(changed)))["runs"][0]["results"]

    assert [item["message"]["text"] for item in found["relatedLocations"]] == [
        "KEY=… [x] (https://x.example)",
        "part of this finding",
    ]


def test_sarif_links_related_places_and_nothing_else() -> None:
    """GitHub shows related places that a message links, and any other link that is in one."""
    hostile = replace(finding("held-key", Severity.HIGH), message="[Approved](https://x.example)")
    (found,) = json.loads(render_sarif(result(hostile)))["runs"][0]["results"]

    assert found["message"]["text"] == (
        "[Approved] (https://x.example) See also [deploy/.mcp.json:1:5](1), [a b/ü.yaml:2:5](2)."
    )


def test_sarif_holds_no_more_than_code_hosts_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_MOST_RESULTS", 2)
    many = result(HIDDEN, *(finding("held-key", Severity.LOW, line) for line in (1, 2, 3)))
    run = json.loads(render_sarif(many))["runs"][0]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]

    assert [item["partialFingerprints"]["agentauditFinding/v1"] for item in run["results"]] == [
        f"{1:032x}",
        f"{2:032x}",
    ]
    assert told["message"]["text"].startswith("2 more findings left out")


def test_sarif_gives_a_rule_the_gravest_severity_that_it_has_here() -> None:
    low, high = (finding("held-key", severity) for severity in (Severity.LOW, Severity.HIGH))
    shown = [
        json.loads(render_sarif(found))["runs"][0]["tool"]["driver"]["rules"][0]["properties"]
        for found in (result(low), result(low, high), result())
    ]

    assert [rule["security-severity"] for rule in shown] == ["3.0", "8.0", "8.0"]


def test_sarif_says_who_let_a_finding_stand_and_until_when() -> None:
    known = Suppression(kind="file", reason="revoked", owner="a@acme.test", expires="2027-03-31")
    hidden = replace(finding("held-key", Severity.HIGH), suppression=known)
    (found,) = json.loads(render_sarif(result(hidden)))["runs"][0]["results"]

    assert found["suppressions"][0]["justification"] == "revoked (a@acme.test, until 2027-03-31)"


def test_sarif_rules_explain_themselves() -> None:
    run = json.loads(render_sarif(BOTH))["runs"][0]
    held = run["tool"]["driver"]["rules"][0]

    assert held["helpUri"] == "https://cwe.mitre.org/data/definitions/798.html"
    assert "Revoke it." in held["help"]["markdown"]
    assert held["properties"]["tags"] == ["credentials", "security", "external/cwe/cwe-798"]
    assert [taxonomy["name"] for taxonomy in run["taxonomies"]] == [
        "CWE",
        "OWASP Non-Human Identities",
    ]
    index = held["relationships"][0]["target"]["toolComponent"]["index"]
    assert run["taxonomies"][index]["name"] == "CWE"


def test_sarif_says_that_a_run_was_incomplete() -> None:
    invocation = json.loads(render_sarif(BOTH))["runs"][0]["invocations"][0]

    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "failed: no YAML"


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.INFO, "note", 0.0),
        (Severity.LOW, "note", 3.9),
        (Severity.MEDIUM, "warning", 6.9),
        (Severity.HIGH, "error", 8.9),
        (Severity.CRITICAL, "error", 10.0),
    ],
)
def test_sarif_levels_follow_the_severity(severity: Severity, level: str, score: float) -> None:
    found = json.loads(render_sarif(result(finding("held-key", severity))))["runs"][0]["results"][0]

    assert found["level"] == level
    assert float(found["properties"]["security-severity"]) <= score


def test_junit_counts_what_it_says() -> None:
    root = ET.fromstring(render_junit(BOTH))  # noqa: S314, our own output

    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
    }
    assert [suite.get("skipped") for suite in root].count("1") == 1
    assert root.find(".//failure") is not None
    assert [case.get("name") for case in root.iter("testcase")] == [
        "held-key deploy/.mcp.json:4:5",
        "held-key deploy/.mcp.json:9:5",
        "quiet",
        "b.yaml",
    ]


def test_github_annotates_the_open_findings() -> None:
    command, _, message = render_github(BOTH).partition("::The")

    assert command == (
        "::error file=deploy/.mcp.json,line=4,endLine=4,col=5,endColumn=9,title=held-key (high)"
    )
    assert message.partition("\n")[0] == " key in KEY is held."


def test_github_is_told_what_was_not_read() -> None:
    """A step without annotations looks clean, whatever its exit code."""
    assert render_github(result(coverage=(BROKEN,))) == snapshot(
        """\
::warning file=b.yaml,line=3,title=not read whole::b.yaml:3:7: failed: no YAML
No findings in what could be read.
Read 1 of 2 files; 1 could not be read.
"""
    )
    many = result(coverage=(BROKEN,) * 12)
    assert render_github(many).splitlines()[10] == "2 more files not read whole."


def test_github_is_told_what_was_read_where_nothing_was_found() -> None:
    assert render_github(result()) == "No findings.\nRead 1 of 1 file.\n"


def test_github_gets_no_more_than_it_shows() -> None:
    many = result(*(finding("held-key", Severity.MEDIUM, line) for line in range(1, 15)))

    lines = render_github(many).splitlines()

    assert sum(line.startswith("::warning") for line in lines) == 10
    assert lines[10] == "4 more findings are not annotated here."
    assert "1 more finding is not" in render_github(replace(many, findings=many.findings[:11]))


def test_gitlab_gets_what_it_asks_for() -> None:
    entry, unread = json.loads(render_gitlab(BOTH))

    assert (unread["check_name"], unread["location"]["path"]) == ("not-read-whole", "b.yaml")
    assert unread["location"]["lines"]["begin"] == 3
    assert entry["severity"] == "critical"
    assert entry["location"]["path"] == "deploy/.mcp.json"
    assert entry["fingerprint"] == f"{4:032x}"


def test_markdown_is_a_table_and_the_reasons() -> None:
    assert render_markdown(BOTH) == snapshot(
        """\
## agentaudit lint

**1 high**.

| severity | rule | place | finding |
|---|---|---|---|
| high | held-key | deploy/.mcp.json:4:5 | The key in KEY is held. |

<details><summary>held-key: A key is held</summary>

Whoever has it, has it.

Revoke it.

</details>

Read 1 of 2 files; 1 could not be read.
- b.yaml: no YAML
"""
    )
    assert "No findings." in render_markdown(result())


def test_markdown_fits_into_a_summary_and_still_says_what_was_read() -> None:
    """GitHub shows no summary of more than 1 MiB."""
    long = replace(finding("held-key", Severity.HIGH), message="[x](https://x.example) " * 100)
    files = (replace(BROKEN, reason="no YAML " * 200),) * 400
    shown = render_markdown(result(*(long,) * 400, coverage=files))

    assert len(shown.encode()) < 1_000_000
    assert re.search(r"^\d+ more findings not shown here\.$", shown, re.MULTILINE)
    assert re.search(r"^\d+ more files not shown here\.$", shown, re.MULTILINE)
    assert "Read 1 of 401 files; 400 could not be read." in shown


def test_markdown_of_many_rules_fits_into_a_summary_with_no_explanation_cut() -> None:
    names = [f"rule-{number}" for number in range(800)]
    rules = tuple(replace(rule(name, Severity.HIGH), why="Why. " * 200) for name in names)
    many = result(*(finding(name, Severity.HIGH) for name in names))
    shown = render_markdown(replace(many, rules=rules))

    assert len(shown.encode()) < 1_000_000
    assert re.search(r"^\d+ more rules not shown here\.$", shown, re.MULTILINE)
    assert shown.count("<details>") == shown.count("</details>")
    assert shown.endswith("Read 1 of 1 file.\n")


def test_markdown_of_others_names_nobody_and_links_nothing() -> None:
    message = "@team &#64;team #12 https://x.example www.x.example"
    shown = render_markdown(result(replace(finding("held-key", Severity.HIGH), message=message)))

    assert (
        "@&#8203;team \\&#&#8203;64;team #&#8203;12 https:&#8203;//x.example www&#8203;.x.example"
    ) in shown


RENDERERS: dict[str, Callable[[LintResult], str]] = {
    "sarif": render_sarif,
    "junit": render_junit,
    "github": render_github,
    "gitlab": render_gitlab,
    "markdown": render_markdown,
    "table": lambda shown: render_table(shown, width=80).plain,
}


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_text_of_others_stays_text(name: str) -> None:
    """No control character, no markup and no workflow command comes out of a file's text."""
    hostile = replace(
        finding("held-key", Severity.HIGH),
        message=HOSTILE,
        evidence=place(4, file=f"a/{HOSTILE}.json"),
        suppression=None,
    )
    broken = replace(BROKEN, file=HOSTILE, reason=HOSTILE)
    shown = RENDERERS[name](result(hostile, coverage=(broken,)))

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert not re.search(r"^\s*::error::", shown, re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    [
        "##vso[task.complete result=Succeeded;]",
        "##[stop-commands]x",
        "##teamcity[buildStop comment='ok' readdToQueue='false']",
    ],
)
def test_no_runner_of_ci_finds_a_command_within_a_line(name: str) -> None:
    shown = one_line(f"The hook on {name} asks nobody.")

    assert shown == f"The hook on {name.replace('##', '# #')} asks nobody."


@pytest.mark.parametrize("name", sorted([*RENDERERS, "json"]))
@pytest.mark.parametrize(
    "mark", ["##vso[task.complete]", "###vso[a]", "####[error]x", "##teamcity["]
)
def test_no_runner_of_ci_finds_a_command_in_any_output(name: str, mark: str) -> None:
    """Not even in those that quote the text as it is: there it is written in another way."""
    hostile = replace(
        finding("held-key", Severity.HIGH),
        message=mark,
        subject=mark,
        evidence=place(4, file=f"a/{mark}.json"),
        suppression=None,
    )
    found = result(hostile, coverage=(replace(BROKEN, file=mark, reason=mark),))
    shown = to_json(found).decode() if name == "json" else RENDERERS[name](found)

    assert not re.search(r"##(?:\[|vso\[|teamcity\[)", shown)


def test_json_says_the_same_as_before() -> None:
    hostile = replace(finding("held-key", Severity.HIGH), message="###vso[task.complete]####\\##")
    written = json.loads(to_json(result(hostile)))

    assert [item["message"] for item in written["findings"]] == [hostile.message]
