"""The page: one harmless file, complete, the same for the same report."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.decision import Report
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.model.evidence import Confidence
from agentaudit.model.finding import Severity
from agentaudit.report.decisions.deciding import report_of
from agentaudit.report.page.document import render_page
from tests.report import samples

VOID = {"meta", "link", "br", "wbr", "hr", "img", "input"}
NAME = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202egpj.exe\x1b[31m $\\foo_{$'


class Outline(HTMLParser):
    """Tags, their attributes and the text, and whether the tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.misplaced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misplaced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def attributes(self, name: str) -> list[str]:
        return [found for _, given in self.tags if (found := given.get(name)) is not None]


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    return parser


def made(**artifacts: object) -> Report:
    return report_of(subject="support-agent", created_at="2026-11-22T12:00:00Z", **artifacts)  # type: ignore[arg-type]  # tests name them


def full(**changes: object) -> Report:
    artifacts = {
        "profile": samples.profile(),
        "simulation": samples.simulation(),
        "lint": samples.risky_lint(),
        "threats": samples.threats(),
    }
    return made(**{**artifacts, **changes})


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(full(simulation=samples.drawn_simulation()))


def test_the_title_starts_with_the_verdict(page: str) -> None:
    assert "<title>NOT READY: support-agent, agent readiness report</title>" in page
    assert page.startswith('<!doctype html>\n<html lang="en">')


def test_the_tags_are_balanced_and_the_ids_are_unique(page: str) -> None:
    found = outline(page)
    ids = found.attributes("id")

    assert (found.open, found.misplaced) == ([], [])
    assert len(ids) == len(set(ids))


def test_every_link_within_the_page_leads_somewhere(page: str) -> None:
    found = outline(page)
    ids = set(found.attributes("id"))
    inner = {link[1:] for link in found.attributes("href") if link.startswith("#")}
    named = {part for names in found.attributes("aria-labelledby") for part in names.split()}

    assert inner <= ids
    assert named <= ids


def test_nothing_is_asked_for_from_anywhere(page: str) -> None:
    """No source, no style sheet, no import, no font: the browser has all it needs."""
    found = outline(page)
    links = [link for link in found.attributes("href") if not link.startswith("#")]

    assert found.attributes("src") == []
    assert [tag for tag, _ in found.tags if tag in {"link", "img", "iframe", "object"}] == []
    assert set(links) == {"https://example.org/why"}
    assert "@import" not in page
    assert "url(http" not in page


def test_the_policy_allows_this_script_and_no_other(page: str) -> None:
    script = page[page.rindex("<script>") + len("<script>") : page.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    assert f"script-src &#39;sha256-{digest}&#39;" in page
    assert "default-src &#39;none&#39;" in page
    assert len(script) < 10_000


def test_the_page_holds_its_report_as_json(page: str) -> None:
    start = page.index('id="report-json">') + len('id="report-json">')
    embedded = json.loads(page[start : page.index("</script>", start)])

    assert embedded["kind"] == "report"
    assert embedded["verdict"] == "not ready"


def test_tables_have_captions_and_heads(page: str) -> None:
    found = outline(page)
    tables = sum(tag == "table" for tag, _ in found.tags)

    assert tables == sum(tag == "caption" for tag, _ in found.tags)
    assert {given.get("scope") for tag, given in found.tags if tag == "th"} == {"row", "col"}


def test_every_section_is_there_when_everything_is_missing() -> None:
    """What was not measured is said, and no section is silently left out."""
    nothing = render_page(made())

    assert "<title>CANNOT SAY" in nothing
    for section in ("decisions", "timeline", "scheduler", "what-if", "paths", "findings"):
        assert f'<section id="{section}">' in nothing
    assert nothing.count("was given") == 5


def test_a_ready_deployment_has_nothing_to_change() -> None:
    ready = full(lint=samples.hardened_lint(), threats=samples.safe_threats())
    shown = render_page(ready)

    assert "<title>READY" in shown
    assert "Keep the three conditions in CI" in shown


def test_equal_reports_make_equal_bytes_whatever_the_hash_seed() -> None:
    script = (
        "import sys, hashlib; from tests.report.test_page import full, render_page;"
        "print(hashlib.sha256(render_page(full()).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


def hostile(name: str) -> Report:
    """A report in which every text that others may choose is the same one."""
    place = replace(samples.at(name, 1), snippet=name)
    lint = samples.risky_lint()
    threats = samples.threats()
    node = replace(samples.nodes()[0], name=name, kind=name, zone="Z0", evidence=place)
    path = replace(
        threats.paths[0],
        title=name,
        sentence=name,
        nodes=(node, *samples.nodes()[1:]),
        broken_by=(name,),
        references=(name,),
    )
    rule = replace(lint.rules[0], title=name, why=name, fix=name, references=(name,))
    profile = samples.profile()
    simulation = samples.simulation()
    first = simulation.results[0]
    return report_of(
        subject=name,
        created_at=name,
        profile=replace(
            profile,
            recording=name,
            ended_because=name,
            target=replace(profile.target, command=name),
            request_types=(replace(profile.request_types[0], type=name),),
        ),
        simulation=replace(
            simulation,
            results=(replace(first, policy=name, parameters=name, source=name),),
            advice=(name,),
            views=samples.views((name, f"{name} 2")),
        ),
        lint=replace(
            lint,
            root=name,
            findings=(replace(lint.findings[0], message=name, evidence=place),),
            rules=(rule, *lint.rules[1:]),
            credentials=(replace(lint.credentials[0], name=name, evidence=place),),
            memory_stores=(replace(lint.memory_stores[0], name=name, kind=name),),
            gateways=(name,),
            coverage=(FileCoverage(file=name, status=FileStatus.FAILED, reason=name),),
        ),
        threats=replace(threats, paths=(path,), nodes=(node,), edges=()),
    )


def test_hostile_text_is_only_text() -> None:
    """A tool may be called anything; the page shows it, and does nothing."""
    shown = render_page(hostile(NAME))
    found = outline(shown)

    assert (found.open, found.misplaced) == ([], [])
    assert sum(tag == "script" for tag, _ in found.tags) == 2
    assert not [tag for tag, given in found.tags if any(key.startswith("on") for key in given)]
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert "<script>alert(1)</script>" in "".join(found.text)


@settings(max_examples=15)
@given(st.text(max_size=60))
def test_no_text_breaks_the_page(name: str) -> None:
    found = outline(render_page(made(lint=hostile(name).lint, threats=hostile(name).threats)))

    assert (found.open, found.misplaced) == ([], [])
    assert sum(tag == "script" for tag, _ in found.tags) == 2


def test_only_web_addresses_become_links() -> None:
    rule = replace(
        samples.RULES[0],
        references=("javascript:alert(1)", "http://a.example", "https://b.example"),
    )
    shown = render_page(full(lint=replace(samples.risky_lint(), rules=(rule,))))

    assert set(re.findall(r'href="([^#][^"]*)"', shown)) == {"https://b.example"}


def test_large_inputs_are_cut_and_say_so() -> None:
    """Ten thousand findings, paths and files make a page that a browser still opens."""
    many = range(10_000)
    lint = replace(
        samples.risky_lint(),
        findings=tuple(
            samples.finding(0, samples.at("compose.yaml", line + 1), f"number {line}")
            for line in many
        ),
        coverage=tuple(
            FileCoverage(file=f"{index}.yaml", status=FileStatus.READ) for index in many
        ),
        credentials=tuple(
            samples.credential(f"KEY_{index}", "env_ref", "agent", "static") for index in many
        ),
        memory_stores=tuple(samples.store(f"store-{index}", "vector") for index in many),
    )
    threats = replace(
        samples.threats(),
        paths=tuple(samples.threat_path(f"p{index}", Severity.HIGH) for index in range(2000)),
    )
    shown = render_page(full(lint=lint, threats=threats))

    assert len(shown) < 5_000_000
    assert "Showing the first 500 of 10,000" in shown
    assert "The first 25 are shown" in shown
    assert "Showing 300 of 10,004" in shown
    assert "too large to be embedded" in shown


def test_paths_that_cannot_be_excluded_are_told_and_never_pass() -> None:
    unclear = samples.threat_path("p", Severity.HIGH, confidence=Confidence.POSSIBLE)
    threats = replace(samples.safe_threats(), cannot_exclude=(unclear,))
    report = full(lint=samples.hardened_lint(), threats=threats)

    assert report.verdict == "cannot say"
    assert "Cannot be excluded (1)" in render_page(report)


def test_findings_with_one_fingerprint_have_different_anchors() -> None:
    twice = samples.finding(0, samples.at("a.yaml", 1), "the same")
    shown = render_page(full(lint=replace(samples.risky_lint(), findings=(twice, twice))))

    assert len(re.findall(r'<tr id="f-agent-holds-static-key-[0-9a-f]{8}(?:-2)?"', shown)) == 2


def test_quoted_words_are_shown_as_code(page: str) -> None:
    assert "<code>uvx mcp-server-fetch</code> runs whatever is newest" in page


def test_a_root_with_odd_characters_is_quoted_for_the_shell() -> None:
    lint = replace(samples.risky_lint(), root="my dir; rm -rf 'x'")

    assert "agentaudit lint &#39;my dir; rm -rf &#39;\\&#39;&#39;x" in render_page(full(lint=lint))
