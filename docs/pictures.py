"""The pictures of README and docs, from real runs: `python docs/pictures.py` (needs chromium)."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from agentaudit.model.decision import Report
from agentaudit.report.page.document import render_page
from agentaudit.report.tables.verdict import verdict_table
from agentaudit.store.artifacts import read_artifact

IMAGES = Path(__file__).parent / "images"
COLUMNS = 88
PAPER = TerminalTheme(
    (250, 250, 248),
    (30, 30, 36),
    [(30, 30, 36), (176, 32, 32), (22, 120, 60), (160, 100, 0), (30, 80, 160), (90, 60, 170),
     (0, 120, 130), (120, 120, 126)],
    [(90, 90, 96), (200, 40, 40), (30, 140, 70), (180, 120, 0), (50, 100, 180), (110, 80, 190),
     (0, 140, 150), (30, 30, 36)],
)  # fmt: skip
BROWSER = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update",
           "--disable-sync")  # fmt: skip


def main() -> None:
    """Pictures of the report that `make audit` left behind, or of the one named."""
    source = Path(sys.argv[1] if len(sys.argv) > 1 else "reports/demo/report.json")
    report = read_artifact(source)
    if not isinstance(report, Report):
        raise SystemExit(f"{source} is no report")
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "terminal.svg").write_text(terminal(report), encoding="utf-8")
    photograph(report, IMAGES / "report.png")
    schedule(IMAGES / "schedule.svg")


def terminal(report: Report) -> str:
    """The verdict as a terminal shows it; the picture asks for no font from elsewhere."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False
    )
    console.print(Text("$ make audit", style="bold"))
    console.print(verdict_table(report))
    console.print(f"CI would have seen exit code {report.exit_code}; the demonstration ran.")
    drawn = console.export_svg(title="agentaudit audit --demo", theme=PAPER, unique_id="terminal")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


def schedule(picture: Path) -> None:
    """The bars of the workload that docs/schedules.md gives as its example."""
    text = (Path(__file__).parent / "schedules.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    with TemporaryDirectory() as folder:
        workload = Path(folder) / "batch.yaml"
        workload.write_text(example, encoding="utf-8")
        policies = ("-p", "multi-processing", "-p", "comb")
        command = ("-q", "simulate", "scheduler", str(workload), *policies, "--charts", folder)
        run = (sys.executable, "-m", "agentaudit", *command)
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(Path(folder) / "bars.svg", picture)


def photograph(report: Report, picture: Path) -> None:
    """The first screen of the page, in a real browser with no network."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "report.html"
        page.write_text(render_page(report), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(BROWSER)
        )
        context = browser.new_context(
            offline=True, color_scheme="light", viewport={"width": 1200, "height": 1180}
        )
        tab = context.new_page()
        tab.goto(page.as_uri())
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
