"""A threat model as table, SARIF, Markdown and Mermaid: complete, harmless, within 80 columns."""

import json
from pathlib import Path

import jsonschema
import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.model.deployment import Deployment, FileCoverage, FileStatus
from agentaudit.model.threat import Bounds, ThreatModel
from agentaudit.report.formats.threat_markdown import render_threat_markdown
from agentaudit.report.formats.threat_mermaid import render_mermaid
from agentaudit.report.formats.threat_sarif import render_threat_sarif
from agentaudit.report.tables.threat import MOST_PATHS, render_threat_table
from agentaudit.rules.threats import load_threat_rules
from agentaudit.threats.model import threat_model
from tests.threats.deployments import baseline, limited

RULES = load_threat_rules()
HOSTILE = "x\x1b[2J`</script>|\n::error::[/b] *@team* ```"


def model(deployment: Deployment | None = None) -> ThreatModel:
    return threat_model(deployment or baseline(), RULES)


def hostile() -> ThreatModel:
    """Every name is an attack on whatever shows it."""
    plain = baseline()
    return model(
        replace(
            plain,
            agents=tuple(replace(item, name=HOSTILE) for item in plain.agents),
            tools=tuple(replace(item, name=HOSTILE) for item in plain.tools),
            tool_servers=tuple(replace(item, name=HOSTILE) for item in plain.tool_servers),
            credentials=tuple(replace(item, name=HOSTILE) for item in plain.credentials),
            grants=tuple(replace(item, name=HOSTILE) for item in plain.grants),
        )
    )


def table(threats: ThreatModel, *, verbose: bool = False) -> str:
    return render_threat_table(threats, width=80, verbose=verbose).plain


def test_the_table_of_the_baseline() -> None:
    """What a person sees first; the sketch of the gateway is tested on its own."""
    shown, _, _ = table(model(limited(baseline()))).partition("Sketch:")

    assert shown == snapshot("""\
3 attack paths (2 critical, 1 high) through 1 agent.

Blast radius: support
   LIVE   what can be done now            9 sensitive actions
          that hand out permissions       2
          that cannot be undone           3
   THEFT  what can be done later          0 action-hours
          credentials that can be stolen  0
          declared resources in reach     100%

 1 critical Untrusted input reaches an identity that can hand out permissions
   Content that fetch returns is read by support, which may call aws.call
   without approval; what the tool acts as can hand out permissions through
   Wide, and so become anything.
      source content that fetch returns                            .mcp.json:2:3
   -> agent support                                                .mcp.json:1:3
   -> tool aws.call                                                .mcp.json:4:3
   -> credential AWS_SECRET_ACCESS_KEY                             .mcp.json:5:3
   -> identity agent-role                                            main.tf:8:3
   -> grant Wide                                                     main.tf:9:3
   Breaks with: a grant narrowed to what the tool needs; or a permissions
   boundary on the identity; or an approval on the tool, enforced outside the
   model.
   Confidence: certain. ASI03:2026, NHI5:2025, CWE-269. Id:
   untrusted-to-administration-67de2a8c

 2 critical Untrusted input reaches a write through a long-lived credential
   Content that fetch returns is read by support, which may call aws.call
   without approval; the call acts with the long-lived AWS_SECRET_ACCESS_KEY,
   which allows 6 sensitive actions (Wide).
      source content that fetch returns                            .mcp.json:2:3
   -> agent support                                                .mcp.json:1:3
   -> tool aws.call                                                .mcp.json:4:3
   -> credential AWS_SECRET_ACCESS_KEY                             .mcp.json:5:3
   -> identity agent-role                                            main.tf:8:3
   -> grant Wide                                                     main.tf:9:3
   Breaks with: an approval on the tool, enforced outside the model; or a
   credential that lives for minutes; or a grant narrowed to what the tool
   needs.
   Confidence: certain. ASI01:2026, ASI03:2026, NHI7:2025, AML.T0051.001,
   AML.T0053. Id: untrusted-to-privileged-write-98e8c99b

 3 high Untrusted input reaches an irreversible action with no approval
   Content that fetch returns is read by support, which may call aws.call
   without approval: what it deletes or sends cannot be taken back.
      source content that fetch returns                            .mcp.json:2:3
   -> agent support                                                .mcp.json:1:3
   -> tool aws.call                                                .mcp.json:4:3
   Breaks with: an approval that every way to the action crosses, enforced
   outside the model; or dropping the tool from this agent.
   Confidence: certain. ASI02:2026, AML.T0101. Id:
   irreversible-without-approval-4cb6cfeb

What if                            LIVE  THEFT  closes
as it is                              9      0
approval on changing tools            0      0       3
grants narrowed to reading            3      0       1
gateway + short-lived credentials     9      0       1
short-lived credentials only          9      0       1
workload identity                     9      0       1
LIVE in sensitive actions, THEFT in action-hours; each from asking again.

""")


def test_no_line_of_a_story_is_wider_than_the_terminal() -> None:
    """Only the sketch of a file may be wider: it is to be copied."""
    story, _, _ = table(model(), verbose=True).partition("Sketch:")

    assert max(map(len, story.splitlines())) <= 80


def test_what_a_change_opens_is_told_where_any_does() -> None:
    """A column of nothing says nothing; one number in it is news."""
    quiet = model(limited(baseline()))
    first, *others = quiet.mitigations
    loud = replace(first, opens=("a", "b"), title="a change with so long a name that it is wide")
    radius = replace(quiet.blast_radius, theft_action_hours=Bounds(low=32_905_440, high=71_327_520))
    told = replace(quiet, mitigations=(loud, *others), blast_radius=radius)
    head, _, *lines = table(told).partition("\nWhat if")[2].splitlines()

    assert "opens" not in table(quiet)
    assert head.split() == ["LIVE", "THEFT", "closes", "opens"]
    assert lines[0].endswith("  2")
    assert "".join(lines[:2]).replace(" ", "").startswith("achangewithso")
    assert max(map(len, [head, *lines[:6]])) <= 80


def test_many_paths_are_counted_and_verbose_shows_them() -> None:
    """A screen holds some; nothing is dropped in silence."""
    many = model()
    path = many.paths[0]
    crowded = replace(many, paths=tuple(replace(path, id=str(n)) for n in range(MOST_PATHS + 5)))

    assert "5 more paths" in table(crowded)
    assert "more paths" not in table(crowded, verbose=True)


def test_what_could_not_be_read_is_shown() -> None:
    """A table without paths must not look like an all-clear."""
    broken = FileCoverage(
        file="k8s.yaml", status=FileStatus.FAILED, reason="is no YAML", line=3, column=1
    )
    unread = replace(model(), coverage=(broken,), incomplete=True)

    assert "k8s.yaml:3:1: failed: is no YAML" in table(unread)
    assert "Read 0 of 1 file" in table(unread)


def test_names_cannot_move_the_cursor_or_speak_to_ci() -> None:
    """No control character in the table, and no line that a runner obeys."""
    shown = table(hostile(), verbose=True)

    assert "\x1b" not in shown
    assert not any(line.lstrip().startswith("::error") for line in shown.splitlines())


def test_the_sarif_follows_its_schema() -> None:
    """A code host refuses an upload whole for one bad result."""
    schema = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.json").read_text())

    for threats in (model(), hostile(), model(limited(baseline()))):
        jsonschema.validate(json.loads(render_threat_sarif(threats)), schema)


def test_a_code_flow_has_a_step_for_each_leg() -> None:
    """From the content to the grant, each with file, line and column."""
    threats = model()
    results = json.loads(render_threat_sarif(threats))["runs"][0]["results"]

    for path, result in zip(threats.paths, results, strict=True):
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        regions = [step["location"]["physicalLocation"]["region"] for step in steps]
        assert len(steps) == len(path.edges) + 1
        assert [region["startLine"] for region in regions[1:]] == [
            edge.evidence.line for edge in path.edges
        ]
        assert result["properties"]["tags"][0] in ("credentials", "iam", "memory", "tools")


def test_the_markdown_holds_names_as_text() -> None:
    """No mention, no markup, no fence of an attacker's outside the sketches, which are fenced."""
    shown, _, _ = render_threat_markdown(hostile()).partition("<details>")

    assert "@team*" not in shown
    assert "@&#8203;team\\*" in shown
    assert shown.count("```mermaid") == 1
    assert "</script>" not in shown.replace("\\</script\\>", "")


def test_the_markdown_tells_every_path_and_every_change() -> None:
    """What the terminal cuts, the summary keeps."""
    threats = model()
    shown = render_threat_markdown(threats)

    assert all(path.title in shown for path in threats.paths)
    assert all(item.title.split(" +")[0] in shown for item in threats.mitigations)


def test_mermaid_draws_the_worst_path() -> None:
    """Boxes with kinds and names, thick arrows across trust boundaries."""
    assert render_mermaid(model()) == snapshot("""\
flowchart LR
  n0["source<br/>content that fetch returns"]
  n1["agent<br/>support"]
  n2["tool<br/>aws.call"]
  n3["credential<br/>AWS_SECRET_ACCESS_KEY"]
  n4["identity<br/>agent-role"]
  n5["grant<br/>Wide"]
  n0 ==>|"ingests"| n1
  n1 ==>|"invokes"| n2
  n2 ==>|"authenticates as"| n3
  n3 -->|"authenticates as"| n4
  n4 ==>|"grants"| n5
""")


def test_mermaid_labels_hold_no_syntax() -> None:
    """Quotes, brackets and backticks of a name become codes."""
    drawn = render_mermaid(hostile())

    assert "`" not in drawn
    assert "</script>" not in drawn


@pytest.mark.parametrize("render", [render_mermaid, render_threat_markdown, render_threat_sarif])
def test_a_quiet_deployment_renders_too(render: object) -> None:
    """No path is a result as well."""
    assert callable(render)
    quiet = replace(model(), paths=(), mitigations=(), cannot_exclude=())

    assert render(quiet)
    assert "0 attack paths" in table(quiet)
