"""Sections open with what the numbers say, and say what there is not."""

from msgspec.structs import replace

from agentaudit.linting.suppressions import META_RULES
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.report.decisions.deciding import report_of
from agentaudit.report.page.blocks import Figure, Folded, Points, Table
from agentaudit.report.page.coverage_section import coverage_section
from agentaudit.report.page.environment import environment
from agentaudit.report.page.findings_section import findings_section, rules_block
from agentaudit.report.page.profile_section import profile_section
from agentaudit.report.page.scheduler_section import scheduler_section
from agentaudit.report.page.sections import sections
from agentaudit.report.page.security_section import paths_section, what_if_section
from tests.report import samples


def test_the_sections_come_in_the_order_of_a_readers_questions() -> None:
    report = report_of(subject="s", created_at="")

    assert [section.id for section in sections(report)] == [
        "decisions",
        "timeline",
        "scheduler",
        "what-if",
        "paths",
        "findings",
        "coverage",
        "appendix",
    ]


def test_a_profile_of_nothing_draws_nothing() -> None:
    whole = samples.profile(gpu=False)
    empty = replace(
        whole,
        timeline=(),
        request_types=(),
        incidents=(),
        breakdown=replace(whole.breakdown, kinds=()),
    )
    section = profile_section(empty)

    assert [type(block) for block in section.blocks] == [Folded]
    assert "the GPU was not measured" in section.lead
    assert "no CPU time was seen" in section.lead


def test_many_incidents_are_counted() -> None:
    whole = samples.profile()
    section = profile_section(replace(whole, incidents=whole.incidents * 50))
    folded = section.blocks[-1]
    points = folded.blocks[-1] if isinstance(folded, Folded) else None

    assert isinstance(points, Points)
    assert points.items[-1] == "and 30 more; all are in profile.json"


def test_the_lead_of_the_simulation_is_its_advice_or_its_best_policy() -> None:
    whole = samples.simulation()

    assert scheduler_section(whole).lead.startswith("Under MAS the P99 latency falls")
    assert scheduler_section(replace(whole, advice=())).lead == (
        "mas has the lowest tail latency of 4 policies."
    )


def test_a_simulation_without_a_distribution_draws_none() -> None:
    whole = samples.simulation()
    bare = tuple(replace(item, sample_latencies_ns=()) for item in whole.results[:1])
    section = scheduler_section(replace(whole, results=bare, assumptions=()))

    assert sum(isinstance(block, Figure) for block in section.blocks) == 1


def test_the_charts_of_schedules_say_what_they_show() -> None:
    """Each has its sentence and its numbers; what only explains is folded."""
    blocks = scheduler_section(samples.drawn_simulation()).blocks
    figures = [block for block in blocks if isinstance(block, Figure)]
    folded = [block.blocks[0] for block in blocks if isinstance(block, Folded)]
    busy = next(block for block in folded if isinstance(block, Figure))

    assert [figure.id for figure in figures] == [
        "latency-chart",
        "load-chart",
        "bars-chart",
        "distribution-chart",
    ]
    assert figures[1].summary == (
        "Requests pile up at 4/s under mas, at 3.5/s under comb, at 3/s under fcfs, at 2.5/s under"
        " processes. The workload comes at 1.6 requests/s, and at most 3.2 can be served by any"
        " policy. Simulated with the first 400 requests, arriving more slowly and faster."
    )
    assert figures[2].summary == (
        "24 of 400 requests, where the two differ most: number 266 and those after it. Of their"
        " time: mas, 6% in the LLM server's line, 53% on the CPU, 34% at the LLM server, 8% waiting"
        " for the outside; comb, 57% waiting for admission, 2% in the LLM server's line, 23% on the"
        " CPU, 14% at the LLM server, 3% waiting for the outside."
    )
    assert busy.summary == (
        "From the first arrival to the last finish: fcfs keeps the less busy of the two busiest,"
        " the cores 49% and the LLM server 51% of the time."
    )
    assert all(figure.twin is not None for figure in (*figures[1:3], busy))


def test_without_rates_there_is_no_chart_of_load() -> None:
    whole = samples.drawn_simulation()
    assert whole.views is not None
    blocks = scheduler_section(replace(whole, views=replace(whole.views, load=None))).blocks

    assert "load-chart" not in {block.id for block in blocks if isinstance(block, Figure)}


def test_only_an_overloaded_policy_gets_the_note() -> None:
    calm = replace(samples.simulation(), results=samples.simulation().results[:2])
    figure = scheduler_section(calm).blocks[0]

    assert isinstance(figure, Figure)
    assert figure.twin is not None
    assert figure.twin.note == ""


def test_a_file_that_one_analysis_could_not_read_is_not_called_read() -> None:
    """Where two analyses disagree, the one that read less is believed."""
    read = (FileCoverage(file="a.yaml", status=FileStatus.READ),)
    failed = (FileCoverage(file="a.yaml", status=FileStatus.FAILED, line=3, column=7),)
    for lint, threats in ((read, failed), (failed, read)):
        section = coverage_section(
            report_of(
                subject="s",
                created_at="",
                lint=replace(samples.hardened_lint(), coverage=lint),
                threats=replace(samples.safe_threats(), coverage=threats),
            )
        )
        table = section.blocks[-1]

        assert section.lead.startswith("1 file: 1 failed.")
        assert isinstance(table, Table)
        assert table.rows[0].cells[0].text == "a.yaml:3:7"


def test_only_skipped_files_make_no_table_of_files() -> None:
    skipped = (FileCoverage(file="README.md", status=FileStatus.SKIPPED),)
    report = report_of(
        subject="s", created_at="", lint=replace(samples.hardened_lint(), coverage=skipped)
    )

    assert [type(block) for block in coverage_section(report).blocks] == [Folded]


def test_many_credentials_are_folded_and_few_are_not() -> None:
    many = tuple(samples.credential(f"K{n}", "env_ref", "agent", "static") for n in range(9))
    report = report_of(
        subject="s", created_at="", lint=replace(samples.risky_lint(), credentials=many)
    )
    first = sections(report)[0].blocks[0]
    blocks = getattr(first, "blocks", ())

    assert any(
        isinstance(block, Folded) and block.summary == "All 9 places of credentials"
        for block in blocks
    )


def test_a_rule_that_found_nothing_is_there_too() -> None:
    block = rules_block(samples.risky_lint())

    assert block.summary == "5 rules asked; 1 found nothing"
    assert len(block.blocks) == 5


def test_rules_about_suppressions_are_no_rules_that_were_asked() -> None:
    """The page counts what `rules list` counts, and shows others where they found something."""
    risky = samples.risky_lint()
    (*_, hit) = risky.findings
    about = replace(risky, rules=(*risky.rules, *META_RULES))
    found = replace(about, findings=(*about.findings, replace(hit, rule=META_RULES[0].id)))

    assert rules_block(about) == rules_block(risky)
    assert len(rules_block(found).blocks) == len(rules_block(risky).blocks) + 1


def test_no_finding_in_what_was_not_read_is_no_praise() -> None:
    broken = FileCoverage(file="a.yaml", status=FileStatus.FAILED, reason="is no YAML")
    nothing = replace(samples.risky_lint(), findings=(), coverage=(broken,))

    assert findings_section(nothing).lead == "Nothing could be read, so nothing is known."
    assert findings_section(replace(nothing, coverage=())).lead == "None open, by 5 rules."


def test_paths_without_crossings_or_patches_show_no_empty_folds() -> None:
    threats = replace(samples.safe_threats(), edges=())

    assert paths_section(threats).blocks == ()
    assert not any(isinstance(block, Folded) for block in what_if_section(threats).blocks)


def test_an_unpaired_quote_is_shown_as_it_is() -> None:
    template = environment().from_string("{{ text | prose }}")

    assert template.render(text="a `b` <c>") == "a <code>b</code> &lt;c&gt;"
    assert template.render(text="a `b <c>") == "a `b &lt;c&gt;"


def test_answers_stand_in_the_section_of_the_scheduler() -> None:
    section = scheduler_section(samples.answered_simulation())
    tables = {block.id: block for block in section.blocks if isinstance(block, Table)}
    points = [block for block in section.blocks if isinstance(block, Points)]

    assert section.lead == "Use mas instead of processes: P90 from 9.1 s to 6 s. That holds."
    assert list(tables) == ["objectives", "simulated-changes", "sensitivity"]
    assert tables["objectives"].rows[0].cells[1].text == "9.00 s ±?, too close to call"
    assert [row.cells[-1].text for row in tables["simulated-changes"].rows] == [
        "",
        "-34% ±6",
        "saturated",
        "-34% ±6",
    ]
    assert [row.cells[-1].text for row in tables["sensitivity"].rows] == ["holds", "reversed"]
    assert points[0].items == ("Under mas p95 < 10 s is met up to 2.5 requests/s.",)


def test_what_is_unknown_of_the_load_is_said_to_be() -> None:
    folded = [
        block
        for block in scheduler_section(samples.answered_simulation()).blocks
        if isinstance(block, Folded) and block.summary.startswith("Queues")
    ]
    (table,) = folded[0].blocks

    assert isinstance(table, Table)
    cells = [cell.text for cell in table.rows[0].cells]
    assert cells[3:] == ["1.5, 9", "4.2, 12", "unknown", "0.42"]
    assert table.note.startswith("Offered load: CPU 80%, LLM server 40%")
