"""Findings on a terminal: what a reader sees first, how much of it, and what was read."""

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.model.deployment import FileCoverage, FileStatus, Unresolved
from agentaudit.model.finding import Family, LintResult, Severity
from agentaudit.report.coverage import coverage_sentence
from agentaudit.report.formats.markdown_findings import render_markdown
from agentaudit.report.tables.findings import render_table
from tests.report.test_findings_outputs import BOTH, BROKEN, finding, place, result


def test_the_table_reads_without_colour_at_80_columns() -> None:
    assert render_table(BOTH, width=80).plain == snapshot(
        """\
deploy/.mcp.json:4:5 high held-key
  The key in KEY is held.
  see also deploy/.mcp.json:1:5, a b/ü.yaml:2:5

1 high; 1 suppressed.
Read 1 of 2 files; 1 could not be read.
b.yaml:3:7: failed: no YAML
`agentaudit rules show RULE` says why, and what to do.
"""
    )


def test_the_table_says_when_there_is_nothing() -> None:
    assert render_table(result(), width=80).plain == "No findings.\nRead 1 of 1 file.\n"


def test_what_is_unresolved_is_listed_for_who_asks() -> None:
    end = Unresolved(evidence=place(4), what="the Secret keys is not here", effect="it is open")
    told = replace(result(), unresolved=(end,))
    line = f"{end.evidence}: the Secret keys is not here; it is open\n"

    assert line in render_table(told, width=100, verbose=True).plain
    assert line not in render_table(told, width=100).plain


def test_no_finding_in_what_was_not_read_is_no_all_clear() -> None:
    """The first line says what is known, and a reader may stop there."""
    part = result(coverage=(BROKEN,))
    nothing = replace(part, coverage=(BROKEN,))

    assert render_table(part, width=80).plain.startswith("No findings in what could be read.\n")
    assert "No findings in what could be read." in render_markdown(part)
    assert render_table(nothing, width=80).plain == snapshot("""\
Nothing could be read, so nothing is known.
Read 0 of 1 file; 1 could not be read.
b.yaml:3:7: failed: no YAML
""")
    assert "Nothing could be read, so nothing is known." in render_markdown(nothing)


def test_a_title_that_does_not_fit_goes_on_below() -> None:
    """The place and the severity stay together, so that they can be searched for."""
    deep = replace(
        finding("held-key", Severity.HIGH), evidence=place(4, f"{'deep/' * 12}compose.yaml")
    )
    first, second, *_ = render_table(result(deep), width=80).plain.splitlines()

    assert first.endswith("compose.yaml:4:5 high")
    assert second == "  held-key"


def test_related_places_are_counted_unless_asked_for() -> None:
    related = tuple(place(line) for line in range(10, 16))
    many = result(replace(finding("held-key", Severity.LOW), related=related))

    assert "and 3 more" in render_table(many, width=80).plain
    assert ":15:5" in render_table(many, width=80, verbose=True).plain


def test_coverage_counts_every_kind_of_file() -> None:
    partial = replace(BROKEN, status=FileStatus.PARTIAL)
    skipped = replace(BROKEN, status=FileStatus.SKIPPED)
    folder = FileCoverage(file=".", status=FileStatus.SKIPPED, reason="1,234 files: no format")
    open_end = Unresolved(evidence=place(1), what="var.x", effect="unknown")

    assert coverage_sentence(result(coverage=(partial, skipped))) == (
        "Read 1 of 2 files; 1 only in part; skipped 1 that deploys nothing."
    )
    assert "skipped 1,234 that" in coverage_sentence(result(coverage=(folder,)))
    assert "1 reference unresolved" in coverage_sentence(replace(result(), unresolved=(open_end,)))


@pytest.mark.parametrize(
    ("agents", "told"), [(0, "Read 1 of 1 file; no agent found."), (1, "Read 1 of 1 file.")]
)
def test_where_no_agent_is_that_is_said(agents: int, told: str) -> None:
    assert coverage_sentence(replace(result(), agents=agents)) == told


def test_where_no_agent_is_found_one_may_stand_in_what_is_not_read() -> None:
    partial = FileCoverage(file="go.mod", status=FileStatus.PARTIAL, reason="a dependency")
    told = coverage_sentence(replace(result(coverage=(partial,)), agents=0))

    assert told.endswith("; no agent found in what could be read.")


def repeated(count: int) -> LintResult:
    """One key in so many files, of which each names the first."""
    first = finding("held-key", Severity.HIGH)
    places = [place(line, f"flows/v{line}.json") for line in range(1, count + 1)]
    others = [replace(first, evidence=at, related=(place(4),)) for at in places]
    apart = replace(first, evidence=place(7, "zone.json"), related=(place(7, "else.json"),))
    return result(first, *others, apart)


def test_the_table_tells_one_secret_in_many_places_once() -> None:
    table = render_table(repeated(5), width=100).plain

    assert table.count("The key in KEY is held.") == 2
    assert "same at flows/v1.json:1:5, flows/v2.json:2:5, flows/v3.json:3:5 and 2 more\n" in table
    assert "zone.json:7:5 high held-key\n" in table
    assert "7 high" in table


def test_what_is_said_of_many_places_is_told_once() -> None:
    """Of secrets only where it is one secret: two of one name are not."""
    server = replace(finding("unpinned", Severity.MEDIUM), family=Family.GATEWAY, related=())
    places = [place(line, f"examples/{line}.json") for line in range(1, 6)]
    folded = result(*(replace(server, evidence=at) for at in places))
    secrets = result(*(replace(server, family=Family.CREDENTIALS, evidence=at) for at in places))

    assert render_table(folded, width=100).plain.count(server.message) == 1
    assert render_table(secrets, width=100).plain.count(server.message) == len(places)


def test_a_place_of_the_same_secret_is_told_once() -> None:
    first = replace(finding("held-key", Severity.HIGH), related=(place(8), place(5, "agent.py")))
    others = [
        replace(first, evidence=place(line), related=(first.evidence,)) for line in (8, 9, 10)
    ]

    table = render_table(result(first, *others), width=100).plain

    assert "see also agent.py:5:5\n" in table
    assert table.count(f"{place(8)}") == 1


@pytest.mark.parametrize(("count", "verbose", "told"), [(2, False, 4), (5, True, 7)])
def test_the_table_tells_a_few_places_or_all_when_asked_for_each(
    count: int,
    verbose: bool,  # noqa: FBT001, a parameter of the table
    told: int,
) -> None:
    table = render_table(repeated(count), width=100, verbose=verbose).plain

    assert table.count("The key in KEY is held.") == told
    assert "the same at" not in table


def test_a_long_list_ends_with_what_it_comes_to() -> None:
    """Who scrolls to the end of a hundred findings sees there what to do first."""
    low = [finding(f"low-{number}", Severity.LOW) for number in range(2)]
    many = [replace(finding("held-key", Severity.HIGH), evidence=place(at)) for at in range(1, 12)]

    table = render_table(result(*many, *low, *low), width=60, verbose=True).plain

    assert table.partition("By rule")[2] == snapshot("""\
, the most severe first:
  high     11  held-key  A key is held
  low       2  low-0     A key is held
  low       2  low-1     A key is held
All of them are in deploy/.mcp.json.

11 high, 4 low.
Read 1 of 1 file.
`agentaudit rules show RULE` says why, and what to do.
""")


def test_what_it_comes_to_is_counted_by_severity_as_the_last_line_is() -> None:
    """Twenty findings of a rule of which four are grave are no twenty grave ones."""
    grave = [replace(finding("held-key", Severity.HIGH), evidence=place(at)) for at in range(4)]
    others = [replace(finding("held-key", Severity.LOW), evidence=place(at)) for at in range(16)]

    table = render_table(result(*grave, *others), width=60).plain

    assert "  high      4  held-key" in table
    assert "  low      16  held-key" in table
    assert "4 high, 16 low." in table


def test_a_short_list_is_seen_at_once() -> None:
    assert "By rule" not in render_table(BOTH, width=80).plain


def test_a_reason_that_many_files_have_is_told_once() -> None:
    files = [replace(BROKEN, file=f"{letter}.yaml") for letter in "abc"]
    other = replace(BROKEN, reason="too large", file="d.yaml")

    table = render_table(result(coverage=(*files, other)), width=80).plain

    assert table.partition("read.\n")[2].endswith(
        """\
d.yaml:3:7: failed: too large
failed: no YAML:
  a.yaml:3:7
  b.yaml:3:7
  c.yaml:3:7
"""
    )


def test_what_is_unresolved_can_be_asked_for() -> None:
    end = Unresolved(evidence=place(4), what="the Secret keys is not here", effect="it is open")
    told = replace(result(), unresolved=(end,))

    assert render_table(told, width=80).plain.endswith("-v lists what is unresolved.\n")
    assert "-v lists" not in render_table(told, width=80, verbose=True).plain
