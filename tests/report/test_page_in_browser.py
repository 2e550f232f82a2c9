"""The page in a real browser: one request, nothing on the console, complete without scripts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, sync_playwright

from agentaudit.report.page.document import render_page
from tests.report import samples
from tests.report.test_page import NAME, full, hostile

pytestmark = pytest.mark.chromium

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUESTIONS = (
    "Where does credential resolution happen?",
    "What is your memory boundary?",
    "Have you profiled CPU vs GPU utilization under load?",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages that the tests open."""
    folder = tmp_path_factory.mktemp("pages")
    drawn = full(simulation=samples.drawn_simulation())
    threats = samples.threats()
    paths = tuple(replace(threats.paths[0], id=f"path-{number}") for number in range(7))
    many = full(threats=replace(threats, paths=paths))
    for name, report in (("full", drawn), ("hostile", hostile(NAME)), ("many paths", many)):
        (folder / f"{name}.html").write_text(render_page(report), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[[str], Browser]]:
    """Starts the browser once, for the first test that has one."""
    with sync_playwright() as playwright:
        running: dict[str, Browser] = {}

        def launched(path: str) -> Browser:
            if path not in running:
                running[path] = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            return running[path]

        yield launched
        for browser in running.values():
            browser.close()


@pytest.fixture
def browser(needs: Callable[[str, str], str], launch: Callable[[str], Browser]) -> Browser:
    return launch(needs("chromium", "chromium"))


@contextmanager
def opened(
    browser: Browser, file: Path, *, scheme: str = "light", scripts: bool = True, width: int = 1280
) -> Iterator[tuple[Page, list[str]]]:
    """The page without a network, and all that it asked for or complained of."""
    context = browser.new_context(
        offline=True,
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=scripts,
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.goto(file.as_uri())
    yield page, seen
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("name", ["full", "hostile"])
def test_one_request_no_complaint_and_all_that_matters(
    browser: Browser, pages: Path, name: str, *, scripts: bool, scheme: str
) -> None:
    file = pages / f"{name}.html"
    with opened(browser, file, scheme=scheme, scripts=scripts) as (page, seen):
        text = page.inner_text("main")

    assert seen == [file.as_uri()]
    assert "NOT READY" in text
    assert all(question in text for question in QUESTIONS)


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_but_tables_and_drawings_is_wider_than_the_screen(
    browser: Browser, pages: Path, width: int
) -> None:
    with opened(browser, pages / "full.html", width=width) as (page, _):
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert overflow <= 0


def test_the_two_themes_look_different_and_the_button_switches(
    browser: Browser, pages: Path
) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, pages / "full.html") as (page, _):
        light = page.evaluate(colour)
        page.click("#theme")
        page.click("#theme")
        dark = page.evaluate(colour)
        label = page.inner_text("#theme")

    assert (light, dark, label) == ("rgb(253, 253, 251)", "rgb(20, 22, 26)", "Theme: dark")


def test_findings_are_filtered_and_sorted(browser: Browser, pages: Path) -> None:
    rows = "#findings-table tbody tr:visible"
    with opened(browser, pages / "full.html") as (page, _):
        page.fill("input[data-filters]", "MCP medium fetch")
        filtered = page.locator(rows).count()
        counted = page.inner_text("output")
        page.fill("input[data-filters]", "")
        page.click("#findings-table thead button")
        page.click("#findings-table thead button")
        first = page.locator(rows).first.inner_text()
        direction = page.locator("#findings-table thead th").first.get_attribute("aria-sort")

    assert (filtered, counted) == (1, "1 of 5 rows")
    assert first.startswith("medium")
    assert direction == "descending"


def test_a_link_to_a_rule_opens_what_it_is_folded_in(browser: Browser, pages: Path) -> None:
    with opened(browser, pages / "full.html") as (page, _):
        page.click("#findings-table tbody tr:first-child a")
        page.wait_for_selector("#rule-agent-holds-static-key[open]")
        shown = page.is_visible("#rule-agent-holds-static-key dl")

    assert shown


def test_print_shows_what_is_folded(browser: Browser, pages: Path) -> None:
    """Without a script as well: paper has no triangles to press."""
    with opened(browser, pages / "full.html", scripts=False) as (page, _):
        page.emulate_media(media="print")
        printed = page.inner_text("#appendix")

    assert "sensitive actions of each times the hours" in printed


def test_on_paper_a_path_is_named_once(browser: Browser, pages: Path) -> None:
    """By its heading, which the outline lists, too; on a screen by what unfolds it."""
    title = "6. Untrusted input reaches a privileged write"
    with opened(browser, pages / "many paths.html") as (page, _):
        screen = page.inner_text("main").count(title)
        page.emulate_media(media="print")
        paper = page.inner_text("main").count(title)

    assert (screen, paper) == (1, 1)


def test_no_head_stands_alone_at_the_foot_of_a_sheet(browser: Browser, pages: Path) -> None:
    """Its first row, or what is folded under it, comes on the same one."""
    with opened(browser, pages / "full.html") as (page, _):
        page.emulate_media(media="print")
        breaks = page.evaluate(
            "[...document.querySelectorAll("
            "'h2, h3, h3 + p:has(> .badge), caption, figcaption, thead, summary')]"
            ".map(head => getComputedStyle(head).breakAfter)"
        )

    assert set(breaks) == {"avoid"}


def test_the_page_prints_tagged_and_with_an_outline(browser: Browser, pages: Path) -> None:
    with opened(browser, pages / "full.html") as (page, _):
        printed = page.pdf(prefer_css_page_size=True, tagged=True, outline=True)

    assert printed.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in printed
    assert b"/Outlines" in printed


def test_the_verdict_and_the_decisions_fit_on_the_first_sheet(
    browser: Browser, pages: Path
) -> None:
    """A4 less margins of 14 and 15 mm, at 96 dots an inch: 680 by 1016."""
    with opened(browser, pages / "full.html", width=680) as (page, _):
        page.emulate_media(media="print")
        bottom = page.evaluate("document.querySelector('.cards').getBoundingClientRect().bottom")

    assert bottom < 1016


def test_the_samples_of_this_module_are_the_hostile_ones() -> None:
    """A guard: were the name no longer hostile, these tests would prove nothing."""
    assert "<script>" in NAME
    assert samples.risky_lint().findings
