"""Coverage on the page: what was read, what was not, and what stayed open."""

from agentaudit.lists import counted
from agentaudit.model.decision import Report
from agentaudit.model.deployment import FileCoverage, FileStatus, Unresolved
from agentaudit.report.page.blocks import (
    NOTHING,
    Block,
    Cell,
    Folded,
    Row,
    Section,
    Table,
    columns,
    plain,
)
from agentaudit.report.tones import Tone

_MOST_ROWS = 300
_TONES = {
    FileStatus.READ: Tone.GOOD,
    FileStatus.PARTIAL: Tone.UNKNOWN,
    FileStatus.FAILED: Tone.UNKNOWN,
    FileStatus.SKIPPED: Tone.MUTED,
}
_ORDER = (FileStatus.FAILED, FileStatus.PARTIAL, FileStatus.READ, FileStatus.SKIPPED)


def coverage_section(report: Report) -> Section:
    """The files by what became of them, those that could not be read first."""
    title = "Coverage"
    files = _files(report)
    if not files:
        lead = "No file was read, so the files say nothing for or against this deployment."
        return Section(id="coverage", title=title, lead=lead)
    unresolved = _unresolved(report)
    counts = [
        f"{sum(item.status is status for item in files):,} {status}"
        for status in _ORDER
        if any(item.status is status for item in files)
    ]
    lead = f"{counted(len(files), 'file')}: {', '.join(counts)}."
    if unresolved:
        lead += f" {counted(len(unresolved), 'reference')} could not be resolved."
    blocks = (*_references(unresolved), *_tables(files))
    return Section(id="coverage", title=title, lead=lead, blocks=blocks)


def _files(report: Report) -> list[FileCoverage]:
    """Each file once; where two analyses disagree, the one that read less is believed."""
    found: dict[str, FileCoverage] = {}
    for result in (report.lint, report.threats):
        for item in result.coverage if result else ():
            known = found.get(item.file)
            if known is None or _ORDER.index(item.status) < _ORDER.index(known.status):
                found[item.file] = item
    return sorted(found.values(), key=lambda item: (_ORDER.index(item.status), item.file))


def _unresolved(report: Report) -> list[Unresolved]:
    lint = report.lint.unresolved if report.lint else ()
    threats = report.threats.unresolved if report.threats else ()
    return sorted({*lint, *threats})


def _references(unresolved: list[Unresolved]) -> tuple[Block, ...]:
    if not unresolved:
        return ()
    rows = tuple(
        Row(cells=(*plain(item.what, item.effect), Cell(text=str(item.evidence), code=True)))
        for item in unresolved[:_MOST_ROWS]
    )
    return (
        Table(
            id="unresolved",
            caption="What could not be resolved, and what that leaves open",
            columns=columns("What", "Leaves open", "Where"),
            rows=rows,
            note=_cut(len(unresolved)),
        ),
    )


def _tables(files: list[FileCoverage]) -> tuple[Block, ...]:
    seen = [item for item in files if item.status is not FileStatus.SKIPPED]
    skipped = [item for item in files if item.status is FileStatus.SKIPPED]
    tables: list[Block] = []
    if seen:
        tables.append(_table("files", "Files of the audit", seen))
    if skipped:
        table = _table("skipped-files", "Files of no kind that is read", skipped)
        tables.append(Folded(summary=f"{counted(len(skipped), 'file')} skipped", blocks=(table,)))
    return tuple(tables)


def _table(identifier: str, caption: str, files: list[FileCoverage]) -> Table:
    rows = tuple(
        Row(
            cells=(
                Cell(text=_place(item), code=True),
                Cell(text=str(item.status), tone=_TONES[item.status]),
                *plain(item.format or NOTHING, item.reason or NOTHING),
            )
        )
        for item in files[:_MOST_ROWS]
    )
    return Table(
        id=identifier,
        caption=caption,
        columns=columns("File", "Status", "Read as", "Why"),
        rows=rows,
        note=_cut(len(files)),
    )


def _place(item: FileCoverage) -> str:
    return ":".join((item.file, *(str(part) for part in (item.line, item.column) if part)))


def _cut(total: int) -> str:
    return f"Showing {_MOST_ROWS} of {total:,}; all are in findings.json." * (total > _MOST_ROWS)
